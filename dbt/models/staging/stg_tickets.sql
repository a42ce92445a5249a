with newest as (

    {{ newest_version(source('raw', 'tickets'), ['ticket_no']) }}

),

renamed as (

    select
        ---------- ids
        ticket_no,
        platform_code,
        caller_key,

        ---------- classification
        business_type,
        domain,
        category,
        subcategory,
        channel,
        handling_unit,

        ---------- outcome
        rating,
        closing_text,

        ---------- timestamps
        accepted_at,
        due_at,

        ---------- lineage
        platform as sender_code,
        dt as delivery_day,
        _delivered_at as delivered_at,
        _file_hash as file_hash,
        _row_number as file_row_number

    from newest

)

select * from renamed

with newest as (

    {{ newest_version(source('raw', 'ticket_events'), ['ticket_no', 'event_seq']) }}

),

renamed as (

    select
        ---------- ids
        ticket_no,
        event_seq,
        operator_key,

        ---------- step
        event_type,
        unit_name,
        result,

        ---------- timestamps
        occurred_at,

        ---------- lineage
        platform as sender_code,
        dt as delivery_day,
        _delivered_at as delivered_at,
        _file_hash as file_hash,
        _row_number as file_row_number

    from newest

)

select * from renamed

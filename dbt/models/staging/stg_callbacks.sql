with newest as (

    {{ newest_version(source('raw', 'callbacks'), ['callback_no']) }}

),

renamed as (

    select
        ---------- ids
        callback_no,
        ticket_no,
        callback_phone_key,
        operator_key,

        ---------- call
        duration_seconds,
        is_connected,
        rating,

        ---------- timestamps
        called_at,

        ---------- lineage
        platform as sender_code,
        dt as delivery_day,
        _delivered_at as delivered_at,
        _file_hash as file_hash,
        _row_number as file_row_number

    from newest

)

select * from renamed

with source as (

    select * from {{ counting_judgements(ref('base_feed_deliveries')) }}

),

renamed as (

    select
        ---------- ids
        content_hash,
        feed,
        platform_code as sender_code,
        dt as delivery_day,
        file_name,

        ---------- file
        size_bytes,
        encoding,
        delimiter,

        ---------- result
        judgement,
        status,
        rows_in,
        rows_loaded,
        rows_quarantined,
        {{ json_text('reasons') }} as reasons,
        {{ json_text('warnings') }} as warnings,
        message,
        message_zh,
        -- an entry that does not say is of no installation of real records
        coalesce(origin, 'simulated') as origin,

        ---------- timestamps
        delivered_at,
        ingested_at

    from source

)

select * from renamed

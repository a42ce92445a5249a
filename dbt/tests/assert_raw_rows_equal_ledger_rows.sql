-- What the ledger says was loaded is there to be read, feed by feed: of the files that this build took in.
with stored as (

    {% for feed in [
        'tickets', 'ticket_events', 'callbacks', 'reported_indicators', 'spot_checks', 'published_claims',
        'dial_tests', 'platform_outages', 'report_inspections', 'handling_units', 'enterprises'
    ] -%}
    select '{{ feed }}' as feed, {{ count_of_new_rows(feed) }} as rows_stored
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

recorded as (

    select entries.feed, sum(entries.rows_loaded) as rows_loaded
    from {{ ref('base_feed_deliveries') }} as entries
    where {{ is_of_this_build('entries') }}
    group by entries.feed

)

select stored.feed, stored.rows_stored, recorded.rows_loaded
from stored
left join recorded on stored.feed = recorded.feed
where stored.rows_stored <> coalesce(recorded.rows_loaded, 0)

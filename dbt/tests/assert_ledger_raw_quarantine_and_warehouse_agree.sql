-- What the ledger says of each file is so, in raw, in quarantine and in the warehouse's list: each is read itself, not
-- the warehouse's own copy of it. And every feed that a contract names has a model whose rows are held to them.
with entries as (

    select * from {{ source('ledger', 'deliveries') }}

),

recorded as (

    select
        feed || '/dt=' || dt || '/platform=' || platform_code
        || '/' || left(content_hash, 16) || '.' || judgement as file,
        rows_in,
        rows_loaded,
        rows_quarantined,
        -- of a file that was rejected as a whole no row was written anywhere
        case when cast(reasons as varchar) like '%"file:%' then 0 else rows_quarantined end as rows_set_aside
    from {{ counting_judgements('entries') }}

),

raw_files as (

    {{ rows_of_files('raw') }}

),

quarantine_files as (

    {{ rows_of_files('quarantine') }}

)

select
    'rows in = loaded + quarantined' as rule,
    file as what,
    rows_in as expected,
    rows_loaded + rows_quarantined as found
from recorded
where rows_in <> rows_loaded + rows_quarantined

union all

select
    'rows loaded are in raw' as rule,
    recorded.file as what,
    recorded.rows_loaded as expected,
    coalesce(raw_files.rows_stored, 0) as found
from recorded
left join raw_files on recorded.file = raw_files.file
where recorded.rows_loaded <> coalesce(raw_files.rows_stored, 0)

union all

select
    'rows quarantined are there' as rule,
    recorded.file as what,
    recorded.rows_set_aside as expected,
    coalesce(quarantine_files.rows_stored, 0) as found
from recorded
left join quarantine_files on recorded.file = quarantine_files.file
where recorded.rows_set_aside <> coalesce(quarantine_files.rows_stored, 0)

union all

select
    'entries of the ledger are taken in' as rule,
    entries.ledger_file as what,
    1 as expected,
    0 as found
from entries
where entries.ledger_file not in (select taken.ledger_file from {{ ref('base_feed_deliveries') }} as taken)

union all

select
    'what was taken in is in the ledger' as rule,
    taken.ledger_file as what,
    1 as expected,
    0 as found
from {{ ref('base_feed_deliveries') }} as taken
where taken.ledger_file not in (select entries.ledger_file from entries)

union all

select
    'the feed of a contract is held to its files' as rule,
    contracts.feed as what,
    1 as expected,
    0 as found
from {{ ref('feed_schedules') }} as contracts
where not list_contains({{ feeds_held_to_their_files() }}, contracts.feed)

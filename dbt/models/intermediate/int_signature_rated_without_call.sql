-- A rating that no connected call gave, in channels whose callers cannot rate otherwise.
select
    {{ signature_row(
        is_hit='traces.last_called_at is null',
        evidence='ratings.name_zh',
        waits_for='callbacks',
        waits_from='traces.accepted_at',
        waits_to='greatest(traces.accepted_at, traces.last_step_at)'
    ) }}

from {{ rows_of_signature_months(ref('int_ticket_trace')) }} as traces
left join {{ ref('ratings') }} as ratings on traces.rating = ratings.code

where
    traces.is_rated
    and not {{ is_listed('rating_channel', 'traces.channel', 'traces.platform_code', 'traces.month') }}

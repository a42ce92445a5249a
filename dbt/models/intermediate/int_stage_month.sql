{{ config(materialized='incremental', incremental_strategy='replace_months') }}
{#
    How long tickets stay in a stage, in the middle and at the slow end (nearest rank): of those that left it by the step that it
    waits for; and of all that entered it, of whom the others have not done so yet. Percentiles do not add up, so the province has
    its own.
-#}
with scoped as (

    {% for platform_code in ['platform_code', 'cast(null as varchar)'] -%}
    select
        {{ month_start('ticket_day') }} as ticket_month,
        {{ platform_code }} as platform_code,
        stage,
        ticket_no,
        visits,
        seconds,
        in_since is not null as is_open,
        in_since is null and is_left_by_step as is_left_by_step,
        in_since is null and is_left_by_step and seconds is not null as is_timed
    from {{ rows_of_changed_months(ref('int_ticket_stage')) }}
    {% if not loop.last %}
    union all

    {% endif -%}
    {% endfor %}

),

ranked as (

    select
        *,
        row_number() over (
            partition by ticket_month, platform_code, stage, is_timed order by seconds, ticket_no
        ) as place,
        count(*) filter (where is_timed) over cell as timed_tickets,
        count(*) over cell as entered_tickets
    from scoped
    window cell as (partition by ticket_month, platform_code, stage)

)

select
    ticket_month,
    platform_code,
    stage,
    count(*) as entered_tickets,
    count(*) filter (where is_open) as open_tickets,
    count(*) filter (where not is_open and not is_left_by_step) as skipped_tickets,
    count(*) filter (where visits > 1) as repeated_tickets,
    count(*) filter (where is_timed) as timed_tickets,
    count(seconds) as plausible_tickets,
    cast(coalesce(sum(seconds), 0) as bigint) as seconds,
    min(seconds) filter (where is_timed and 10 * place >= 5 * timed_tickets) as median_seconds,
    min(seconds) filter (where is_timed and 10 * place >= 9 * timed_tickets) as p90_seconds,
    min(seconds) filter (where is_timed and 10 * place >= 9 * entered_tickets) as p90_of_entered_seconds,
    {{ this_build() }} as built_in

from ranked
group by ticket_month, platform_code, stage

-- How long the tickets that are still in a stage have been in it, as far as their platform is known.
-- Without a platform: all of them.
with aged as (

    select
        {{ month_start('stages.ticket_day') }} as ticket_month,
        stages.platform_code,
        stages.stage,
        greatest({{ seconds_between('stages.in_since', 'as_of.known_until') }}, 0) as open_seconds
    from {{ ref('int_ticket_stage') }} as stages
    inner join {{ ref('int_platform_as_of') }} as as_of on stages.platform_code = as_of.platform_code
    where stages.in_since is not null and stages.seconds is not null

)

{% for platform_code in ['platform_code', 'cast(null as varchar)'] -%}
select
    ticket_month,
    {{ platform_code }} as platform_code,
    stage,
    cast(sum(open_seconds) as bigint) as open_seconds,
    max(open_seconds) as longest_open_seconds
from aged
group by all
{% if not loop.last %}
union all

{% endif -%}
{% endfor %}

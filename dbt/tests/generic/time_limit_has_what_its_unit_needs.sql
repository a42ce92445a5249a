{# A limit of hours that ends with a day, or of days on a clock of eight hours, would be a limit nobody meant. #}
{% test time_limit_has_what_its_unit_needs(model) %}
select limits.*
from {{ model }} as limits
inner join {{ ref('working_calendars') }} as calendars on limits.calendar = calendars.code
left join (
    select calendar, count(*) as part_days
    from {{ ref('dim_working_day') }}
    where seconds not in (0, 86400)
    group by calendar
) as hours on limits.calendar = hours.calendar
where
    limits.amount <= 0
    or limits.valid_to <= limits.valid_from
    or (limits.unit in ('working_hours', 'working_days')) <> calendars.follows_state_council
    or (limits.unit in ('hours', 'working_hours') and limits.ends_at <> 'to_the_second')
    or (limits.unit in ('days', 'working_days') and limits.ends_at = 'to_the_second' and hours.part_days > 0)
    or (limits.ends_at = 'end_of_day' and hours.part_days > 0)
{% endtest %}

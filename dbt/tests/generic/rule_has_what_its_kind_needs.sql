{# A rule that lacks a figure would take off nothing, in silence. #}
{% test rule_has_what_its_kind_needs(model) %}
select *
from {{ model }}
where
    (rule_kind in ('per_point', 'threshold_slope', 'flat') and target is null)
    or (rule_kind in ('per_count', 'per_minute') and direction <> 'low')
    or (floor_marks is not null and (full_marks is null or floor_marks > full_marks))
    or step <= 0
    or weight < 0
{% endtest %}

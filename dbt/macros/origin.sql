{#
    Where the records of this installation come from: `real`, or anything else (the demo: `simulated`). Real is what the
    installation says, never what is assumed: findings on invented tickets would accuse. hotline.origin says which files an
    installation of real records refuses, and what the ledger keeps of those that it took.
#}
{% macro is_of_real_records() %}{{ return(env_var('HOTLINE_ORIGIN', 'simulated') == 'real') }}{% endmacro %}

{% macro installation_origin() %}{{ return(literal('real' if is_of_real_records() else 'simulated')) }}{% endmacro %}

{#
    Origin of what is counted of a platform, or of all where it is null, in the months of a period: real where the
    installation says so and no row of these months was simulated.
#}
{% macro origin_of(platform_code, first_day, period_kind="'month'") -%}
    {%- if model.resource_type == 'unit_test' %}{{ return(installation_origin()) }}{% endif -%}
    {%- set months = ref('int_simulated_month') -%}
    {%- if not is_of_real_records() %}{{ return(installation_origin()) }}{% endif -%}
    case when exists (
        -- names of its own: those that the caller gives may be without a relation
        select 1
        from (select platform_code as simulated_platform, month as simulated_month from {{ months }}) as simulated
        where
            coalesce(simulated_platform = {{ platform_code }}, {{ platform_code }} is null)
            and simulated_month >= {{ month_start(first_day) }}
            and simulated_month < case {{ period_kind }}
                when 'year' then {{ add_months(first_day, 12) }}
                when 'quarter' then {{ add_months(first_day, 3) }}
                else {{ add_months(month_start(first_day), 1) }}
            end
    ) then 'simulated' else 'real' end
{%- endmacro %}

{# Origin of a ticket: real where the installation says so and neither it, nor a step or call of it, was simulated. #}
{% macro origin_of_ticket(tickets) -%}
    {%- if model.resource_type == 'unit_test' %}{{ return(installation_origin()) }}{% endif -%}
    {%- set simulated = ref('int_simulated_ticket') -%}
    {%- if not is_of_real_records() %}{{ return(installation_origin()) }}{% endif -%}
    case when exists (
        select 1 from {{ simulated }} as simulated
        where simulated.ticket_day = {{ tickets }}.ticket_day and simulated.ticket_no = {{ tickets }}.ticket_no
    ) then 'simulated' else 'real' end
{%- endmacro %}

{# Origin of a stock on a day: what was simulated in any month before may be in it still. #}
{% macro origin_of_stock(platform_code, day) -%}
    {%- if model.resource_type == 'unit_test' %}{{ return(installation_origin()) }}{% endif -%}
    {%- set months = ref('int_simulated_month') -%}
    {%- if not is_of_real_records() %}{{ return(installation_origin()) }}{% endif -%}
    case when exists (
        select 1
        from (select platform_code as simulated_platform, month as simulated_month from {{ months }}) as simulated
        where simulated_platform = {{ platform_code }} and simulated_month <= {{ day }}
    ) then 'simulated' else 'real' end
{%- endmacro %}

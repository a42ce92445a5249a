-- Tickets in the scope of every published claim, in its month, in the months it is compared with, and in its base.
with claims as (

    select
        *,
        {{ add_months('month', -12) }} as year_before,
        {{ add_months('month', -1) }} as month_before
    from {{ ref('stg_published_claims') }}
    where is_from_tickets

),

counted as (

    select
        claims.document,
        claims.claim_code,

        {% set in_scope -%}
        (claims.platform_code is null or claims.platform_code = volumes.platform_code)
            and (claims.business_type is null or claims.business_type = volumes.business_type)
            and (claims.domain_group is null or claims.domain_group = domains.domain_group)
            and (claims.category is null or claims.category = volumes.category)
            and (claims.subcategory is null or claims.subcategory = volumes.subcategory)
        {%- endset %}
        {%- for name, month in {
            'tickets': 'month', 'tickets_previous_year': 'year_before', 'tickets_previous_month': 'month_before'
        }.items() %}
        sum(volumes.tickets) filter (
            where volumes.month = claims.{{ month }} and {{ in_scope }}
        ) as {{ name }},
        {%- endfor %}

        sum(volumes.tickets) filter (where volumes.month = claims.month) as tickets_of_month,
        sum(volumes.tickets) filter (where volumes.month = claims.year_before) as tickets_of_previous_year,
        sum(volumes.tickets) filter (where volumes.month = claims.month_before) as tickets_of_previous_month,

        sum(volumes.tickets) filter (
            where volumes.month = claims.month
            and (claims.share_of = 'total' or claims.business_type = volumes.business_type)
            and (claims.share_of <> 'category' or claims.category = volumes.category)
        ) as tickets_of_base,

        -- a rank is among all platforms; a change is of two months
        coalesce(bool_or(volumes.origin <> 'real') filter (
            where (
                claims.platform_code is null or claims.measure = 'rank' or claims.platform_code = volumes.platform_code
            )
            and volumes.month in (
                claims.month,
                case claims.measure when 'yoy_pct' then claims.year_before when 'mom_pct' then claims.month_before end
            )
        ), false) as is_simulated
    from claims
    inner join {{ ref('mart_category_monthly') }} as volumes
        on volumes.month in (claims.month, claims.year_before, claims.month_before)
    left join {{ ref('domains') }} as domains on volumes.domain = domains.code
    group by claims.document, claims.claim_code

)

select
    counted.document,
    counted.claim_code,
    counted.tickets_of_month,
    -- of a month that is not whole nothing can be said
    case
        when counted.tickets_of_month > 0 and this_month.has_all_tickets then coalesce(counted.tickets, 0)
    end as tickets,
    {% for name in ('year', 'month') -%}
    case
        when counted.tickets_of_previous_{{ name }} > 0 and {{ name }}_before.has_all_tickets
            then coalesce(counted.tickets_previous_{{ name }}, 0)
    end as tickets_previous_{{ name }},
    {% endfor -%}
    -- what a share is of
    case when province.has_all_tickets then counted.tickets_of_base end as tickets_of_base,
    case when counted.is_simulated then 'simulated' else 'real' end as origin

from counted
inner join claims on counted.document = claims.document and counted.claim_code = claims.claim_code
left join {{ ref('int_platform_month') }} as province
    on claims.month = province.month and province.platform_code is null
{% for name, month in {
    'this_month': 'month', 'year_before': 'year_before', 'month_before': 'month_before'
}.items() -%}
left join {{ ref('int_platform_month') }} as {{ name }}
    on claims.{{ month }} = {{ name }}.month and claims.platform_code is not distinct from {{ name }}.platform_code
{% endfor -%}

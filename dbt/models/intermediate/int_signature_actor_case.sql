-- Operators and units with enough hits to be compared with the others of their platform, in the months judged anew.
with actors as (

    {% for kind, actor in {'operator': 'operator_key', 'unit': 'handling_unit'}.items() -%}
    select
        tally.month,
        tally.platform_code,
        tally.signature,
        '{{ kind }}' as actor_kind,
        tally.{{ actor }} as actor,
        sum(tally.tickets) as eligible,
        coalesce(sum(tally.tickets) filter (where tally.is_hit), 0) as hits
    from {{ rows_of_judged_months(ref('int_signature_tally')) }} as tally
    where tally.is_known and not tally.is_reference and tally.{{ actor }} is not null
    group by all
    {% if not loop.last %}
    union all

    {% endif -%}
    {% endfor %}
),

compared as (

    select
        *,
        sum(eligible) over everybody - eligible as other_eligible,
        sum(hits) over everybody - hits as other_hits,
        count(*) over everybody - 1 as other_groups,
        count(*) over (partition by month, platform_code, actor_kind) as tests
    from actors
    window everybody as (partition by month, platform_code, signature, actor_kind)

)

select
    compared.month,
    compared.platform_code,
    compared.signature,
    compared.actor_kind,
    compared.actor,
    cast(compared.eligible as bigint) as eligible,
    cast(compared.hits as bigint) as hits,
    cast(compared.other_eligible as bigint) as other_eligible,
    cast(compared.other_hits as bigint) as other_hits,
    compared.other_groups,
    compared.tests,
    parameters.actor_variation,
    parameters.actor_alpha

from compared
inner join {{ ref('signature_parameters') }} as parameters on {{ holds_on('parameters', 'compared.month') }}
where compared.other_groups > 0 and compared.hits >= parameters.actor_fewest_hits

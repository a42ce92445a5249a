-- Rank by volume of every ranked claim among its peers: those that differ from it only in the finest part of its scope.
with claims as (

    select
        *,
        case
            when platform_code is not null then 'platform'
            when subcategory is not null then 'subcategory'
            when category is not null then 'category'
            when domain_group is not null then 'domain_group'
            else 'business_type'
        end as ranked_by
    from {{ ref('stg_published_claims') }} as claims
    where
        measure = 'rank'
        and is_from_tickets
        -- a month that is not whole ranks nobody
        and exists (
            select 1 from {{ ref('int_platform_month') }} as province
            where claims.month = province.month and province.platform_code is null and province.has_all_tickets
        )

),

peers as (

    select
        claims.document,
        claims.claim_code,
        case claims.ranked_by
            when 'platform' then volumes.platform_code
            when 'subcategory' then volumes.subcategory
            when 'category' then volumes.category
            when 'domain_group' then domains.domain_group
            else volumes.business_type
        end as peer,
        case claims.ranked_by
            when 'platform' then claims.platform_code
            when 'subcategory' then claims.subcategory
            when 'category' then claims.category
            when 'domain_group' then claims.domain_group
            else claims.business_type
        end as claimed_peer,
        sum(volumes.tickets) as tickets
    from claims
    inner join {{ ref('mart_category_monthly') }} as volumes
        on
            claims.month = volumes.month
            and (
                claims.ranked_by = 'business_type'
                or claims.business_type is null
                or claims.business_type = volumes.business_type
            )
            and (claims.ranked_by = 'category' or claims.category is null or claims.category = volumes.category)
            and (
                claims.ranked_by = 'subcategory'
                or claims.subcategory is null
                or claims.subcategory = volumes.subcategory
            )
    left join {{ ref('domains') }} as domains on volumes.domain = domains.code
    where
        claims.ranked_by = 'domain_group'
        or claims.domain_group is null
        or claims.domain_group = domains.domain_group
    group by claims.document, claims.claim_code, peer, claimed_peer

),

ranked as (

    select
        *,
        rank() over (partition by document, claim_code order by tickets desc) as volume_rank
    from peers
    where peer is not null

)

select
    document,
    claim_code,
    tickets,
    volume_rank

from ranked
where peer = claimed_peer

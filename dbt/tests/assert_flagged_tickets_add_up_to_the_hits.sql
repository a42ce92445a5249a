-- Every hit of a signature of tickets is on the list, and no other: what counts against a platform can be looked at.
select
    signatures.month,
    signatures.platform_code,
    signatures.signature_code,
    signatures.hits,
    count(flags.ticket_no) as listed

from {{ ref('mart_platform_signature') }} as signatures
left join {{ ref('mart_ticket_flag') }} as flags
    on
        signatures.month = flags.month
        and signatures.platform_code = flags.platform_code
        and signatures.signature_code = flags.signature_code
where
    signatures.unit = 'tickets'
    and {{ is_of_this_build('signatures') }}
group by all
having count(flags.ticket_no) <> signatures.hits

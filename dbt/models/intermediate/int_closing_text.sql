-- What units write at the end, of the months that this build counts anew: the letters, without an approved opening. A
-- text that says nothing but the opening, or has no letters at all, is like every other such text.
with closings as (

    select
        ticket_day,
        ticket_no,
        platform_code,
        {{ letters_of('closing_text') }} as letters
    from {{ rows_of_changed_months(ref('fct_ticket')) }}
    -- said in the call itself, by the knowledge base: that such answers are alike says nothing
    where not is_instant_answer

),

openings as (

    select
        platform_code,
        valid_from,
        valid_to,
        {{ letters_of('text') }} as letters
    from {{ ref('approved_texts') }}
    where kind = 'opening'

),

opened as (

    select
        closings.ticket_day,
        closings.ticket_no,
        closings.platform_code,
        closings.letters,
        coalesce(max(length(openings.letters)), 0) as opening_length
    from closings
    left join openings
        on
            left(closings.letters, length(openings.letters)) = openings.letters
            and coalesce(openings.platform_code, closings.platform_code) = closings.platform_code
            and {{ holds_on('openings', 'closings.ticket_day') }}
    group by closings.ticket_day, closings.ticket_no, closings.platform_code, closings.letters

),

compared as (

    select
        ticket_day,
        ticket_no,
        platform_code,
        case
            when letters = '' then '无文字'
            when length(letters) > opening_length then substring(letters, opening_length + 1)
            else letters
        end as letters
    from opened
    where letters is not null

)

select
    {{ month_start('compared.ticket_day') }} as ticket_month,
    compared.ticket_day,
    compared.ticket_no,
    compared.platform_code,
    compared.letters,
    {{ text_key('compared.letters') }} as text_key,
    rules.similarity,
    rules.minimum_tickets

from compared
inner join {{ ref('text_rules') }} as rules
    on
        rules.topic = 'closing_text'
        and {{ holds_on('rules', month_start('compared.ticket_day')) }}

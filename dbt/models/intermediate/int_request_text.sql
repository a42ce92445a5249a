-- What callers say, of the days that this build links anew and of those before them that links may lead to.
select
    {{ month_start('tickets.ticket_day') }} as ticket_month,
    tickets.ticket_day,
    tickets.ticket_no,
    tickets.platform_code,
    tickets.category,
    coalesce({{ line_of('tickets.request_text') }}, nullif(trim(tickets.district), ''), '未填写') as place,
    {{ letters_of('tickets.request_text') }} as letters,
    {{ text_key(letters_of('tickets.request_text')) }} as text_key,
    {{ is_relinked('tickets.ticket_day') }} as is_relinked,
    rules.similarity,
    rules.window_days

from {{ rows_near_changed_days(ref('stg_tickets')) }} as tickets
inner join {{ ref('topic_populations') }} as populations
    on
        tickets.business_type = populations.business_type
        and populations.topic = 'ticket_cluster'
        and {{ holds_on('populations', 'tickets.ticket_day') }}
inner join {{ ref('text_rules') }} as rules
    on
        rules.topic = 'ticket_cluster'
        and {{ holds_on('rules', 'tickets.ticket_day') }}

where {{ letters_of('tickets.request_text') }} <> ''

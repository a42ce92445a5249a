{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{% if is_partial() %}delete from {{ this }} where built_in <= {{ last_finished_build() }}{% endif %}",
) }}
{%- set tickets_before = as_last_built('marts', 'fct_ticket') %}
{%- set callbacks_before = as_last_built('marts', 'fct_callback') %}
{%- set since = last_finished_build() %}
with known as (

    select platform_code, known_until from {{ ref('int_platform_as_of') }}

),

delivered as (

    select ticket_day, ticket_no from {{ ref('base_tickets') }}
    where built_in > {{ since }}

    union

    select ticket_day, ticket_no from {{ ref('base_ticket_events') }}
    where built_in > {{ since }}

    union

    select ticket_day, ticket_no from {{ ref('base_callbacks') }}
    where built_in > {{ since }}

    {% if is_partial() -%}
    union

    -- a corrected call may have belonged to another ticket
    select before.ticket_day, before.ticket_no
    from {{ callbacks_before }} as before
    inner join {{ ref('base_callbacks') }} as corrected
        on before.callback_no = corrected.callback_no and before.sender_code = corrected.sender_code
    where corrected.built_in > {{ since }}
    {%- endif %}

),

versions as (

    select stored.platform_code, stored.caller_key, stored.accepted_at
    from {{ ref('stg_tickets') }} as stored
    inner join delivered on stored.ticket_day = delivered.ticket_day and stored.ticket_no = delivered.ticket_no

    {% if is_partial() -%}
    union all

    select before.platform_code, before.caller_key, before.accepted_at
    from {{ tickets_before }} as before
    inner join delivered on before.ticket_day = delivered.ticket_day and before.ticket_no = delivered.ticket_no
    {%- endif %}

),

reach as (

    select
        (select min(versions.accepted_at) from versions) as from_instant,
        86400 * max(parameters.repeat_window_days) as seconds
    from {{ ref('integrity_parameters') }} as parameters

),

changed as (

    select ticket_day, ticket_no from delivered

    union

    -- a later call of the same caller may be a repeat now, or none any more
    select later.ticket_day, later.ticket_no
    from {{ ref('stg_tickets') }} as later
    inner join versions
        on
            later.caller_key = versions.caller_key
            and later.platform_code = versions.platform_code
            and later.accepted_at >= versions.accepted_at
            and {{ seconds_between('versions.accepted_at', 'later.accepted_at') }} <= (select reach.seconds from reach)
    where later.accepted_at >= (select reach.from_instant from reach)

    {% if is_partial() -%}
    union

    -- nothing came for it, but its time ran out
    select before.ticket_day, before.ticket_no
    from {{ tickets_before }} as before
    inner join known on before.platform_code = known.platform_code
    where
        (not before.is_due and before.due_at <= known.known_until)
        or (before.is_on_time_as_stated is null and before.stated_due_at <= known.known_until)

    union

    -- nor did anybody call, and the time for the call ran out
    select before.ticket_day, before.ticket_no
    from {{ as_last_built('marts', 'fct_ticket_metric') }} as before
    inner join known on before.platform_code = known.platform_code
    where before.is_first_contact_in_time is null and before.contact_due_at <= known.known_until
    {%- endif %}

)

select
    ticket_day,
    ticket_no,
    {{ this_build() }} as built_in

from changed

-- a whole build makes every ticket, so it lists none
where {{ is_partial() | lower }}

{#
The rows of a staging model are those that the ledger and raw hold of its feed: each belongs to a judgement that counts,
none to a file that has fewer, and of every row that this build took in that version, or a newer one, is here.
#}
{% test every_delivered_row_is_here(model, feed) %}
{{ config(meta={'feed': feed}) }}
{%- set ledger = source('ledger', 'deliveries') -%}
{%- set rows = new_rows(feed) if is_partial() else all_rows(feed) -%}
{%- set tested = graph.nodes[context['model'].attached_node] if execute else none %}
with recorded as (

    select platform_code, dt, content_hash, rows_loaded
    from {{ counting_judgements(ledger) }} as counting
    where feed = {{ literal(feed) }}

),

present as (

    select sender_code, delivery_day, file_hash, count(*) as row_count
    from {{ model }}
    group by all

)

select 'rows of no file, or too many' as rule, present.file_hash as what, recorded.rows_loaded as expected, present.row_count as found
from present
left join recorded
    on
        present.sender_code = recorded.platform_code
        and present.delivery_day = recorded.dt
        and present.file_hash = recorded.content_hash
where recorded.content_hash is null or present.row_count > recorded.rows_loaded

{% if execute and tested.config.materialized == 'incremental' -%}
{%- set known = api.Relation.create(tested.database, tested.schema, tested.alias) -%}
{%- set compared = ['delivery_day', 'delivered_at', 'file_hash', 'file_row_number'] %}
union all

select 'rows that did not arrive', file_hash, count(*), 0
from (
    select
        *,
        platform as sender_code,
        dt as delivery_day,
        _delivered_at as delivered_at,
        _file_hash as file_hash,
        _row_number as file_row_number,
        {{ ticket_day('ticket_no') }} as ticket_day
    from {{ rows }}
) as delivered
where not exists (
    select 1 from {{ known }} as known
    where
        {% for column in tested.config.unique_key %}known.{{ column }} = delivered.{{ column }} and {% endfor %}
        ({% for column in compared %}known.{{ column }}{{ ', ' if not loop.last }}{% endfor %})
        >= ({% for column in compared %}delivered.{{ column }}{{ ', ' if not loop.last }}{% endfor %})
)
group by file_hash
{%- else %}
union all

select 'nothing arrived', {{ literal(feed) }}, sum(recorded.rows_loaded), 0
from recorded
where not exists (select 1 from present)
having sum(recorded.rows_loaded) > 0
{%- endif %}
{% endtest %}

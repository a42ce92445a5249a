{#
    The newest delivered version of every key: a corrected file arrives later and its rows replace the earlier ones.
    The order is total, so that a rebuild always chooses the same row.
#}
{% macro newest_version(relation, key) %}
    select *
    from (
        select
            *,
            row_number() over (
                partition by {{ key | join(', ') }}
                order by dt desc, _delivered_at desc, _file_hash desc, _row_number desc
            ) as version_rank
        from {{ relation }}
    ) as versions
    where version_rank = 1
{% endmacro %}

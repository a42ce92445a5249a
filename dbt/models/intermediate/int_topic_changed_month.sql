select distinct
    topic,
    month

from {{ ref('int_topic_month_mark') }}

where built_in > {{ last_finished_build() }}

-- Nothing is lost at the door: every row of every delivered file was loaded or quarantined.
select *
from {{ ref('fct_feed_delivery') }}
where rows_in <> rows_loaded + rows_quarantined

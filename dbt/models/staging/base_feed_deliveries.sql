{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='ledger_file',
) }}
select
    *,
    {{ this_build() }} as built_in

from {{ new_ledger_entries() }}

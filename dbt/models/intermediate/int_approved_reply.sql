-- Replies that units may give as often as they are needed, as closing texts are compared.
select
    code,
    platform_code,
    {{ letters_of('text') }} as letters,
    valid_from,
    valid_to

from {{ ref('approved_texts') }}

where kind = 'reply'

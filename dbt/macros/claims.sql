{#
    The GRIM test (Brown and Heathers 2017): can any whole number out of n print as this percentage?

    All in integers. A percentage p printed at d decimals is P = p * 10^d units; count k prints as P, half up, when
    (2P - 1) n <= 200 * 10^d k < (2P + 1) n. There is such a k when grim_fewest <= grim_most.
#}

{# Smallest count out of n whose percentage, rounded half up, is not below `value`. #}
{% macro grim_fewest(value, decimals, n) -%}
    greatest({{ ceiling_divide('(2 * ' ~ printed_units(value, decimals) ~ ' - 1) * (' ~ n ~ ')', '200 * ' ~ power_of_ten(decimals)) }}, 0)
{%- endmacro %}

{# Largest count out of n whose percentage, rounded half up, is not above `value`; at most n. #}
{% macro grim_most(value, decimals, n) -%}
    least({{ ceiling_divide('(2 * ' ~ printed_units(value, decimals) ~ ' + 1) * (' ~ n ~ ')', '200 * ' ~ power_of_ten(decimals)) }} - 1, {{ n }})
{%- endmacro %}

{#
    The same for a rate whose base is unknown: which whole bases, of which `count` is `offset` + `value` per `per`, give
    this rate? Growth in percent has offset and per 100; tickets per 10 000 inhabitants have offset 0 and per 10 000.
    Rounding goes away from zero, so a tie belongs to the other end when the value is negative, and to none when it is 0.
    The rate must be above -100 %. The count comes first in each product: constants alone would meet in 32 bits.
#}
{% macro base_fewest(value, decimals, count, per, offset) -%}
    {%- set dividend = whole(count) ~ ' * 2 * ' ~ per ~ ' * ' ~ power_of_ten(decimals) -%}
    {%- set divisor = '(2 * ' ~ printed_units('(' ~ value ~ ' + ' ~ offset ~ ')', decimals) ~ ' + 1)' -%}
    case when {{ value }} < 0 then {{ ceiling_divide(dividend, divisor) }} else {{ integer_divide(dividend, divisor) }} + 1 end
{%- endmacro %}

{% macro base_most(value, decimals, count, per, offset) -%}
    {%- set dividend = whole(count) ~ ' * 2 * ' ~ per ~ ' * ' ~ power_of_ten(decimals) -%}
    {%- set divisor = '(2 * ' ~ printed_units('(' ~ value ~ ' + ' ~ offset ~ ')', decimals) ~ ' - 1)' -%}
    case when {{ value }} <= 0 then {{ ceiling_divide(dividend, divisor) }} - 1 else {{ integer_divide(dividend, divisor) }} end
{%- endmacro %}

{# Nearest whole base. #}
{% macro base_nearest(value, decimals, count, per, offset) -%}
    {%- set units = printed_units('(' ~ value ~ ' + ' ~ offset ~ ')', decimals) -%}
    {{ integer_divide(whole(count) ~ ' * 2 * ' ~ per ~ ' * ' ~ power_of_ten(decimals) ~ ' + ' ~ units, '2 * ' ~ units) }}
{%- endmacro %}

{# Smallest whole number not below the quotient, for a dividend that is not negative and a positive divisor. #}
{% macro ceiling_divide(dividend, divisor) -%}
    {{ integer_divide(dividend ~ ' + ' ~ divisor ~ ' - 1', divisor) }}
{%- endmacro %}

{% macro whole(value) -%}
    cast({{ value }} as {{ wide_integer_type() }})
{%- endmacro %}

{# A printed number in units of its last decimal: 4168 for 41.68. #}
{% macro printed_units(value, decimals) -%}
    cast(cast({{ value }} as decimal(28, 6)) * {{ power_of_ten(decimals) }} as {{ wide_integer_type() }})
{%- endmacro %}

{# 0 to 6 decimals, as everywhere in this project. #}
{% macro power_of_ten(decimals) -%}
    (case {{ decimals }} {% for p in range(7) %}when {{ p }} then {{ 10 ** p }} {% endfor %}end)
{%- endmacro %}

{# A number as text with the decimals that it would be printed with. #}
{% macro printed_text(value, decimals) -%}
    (case {{ decimals }} {% for p in range(7) %}when {{ p }} then cast(try_cast({{ value }} as decimal(18, {{ p }})) as varchar) {% endfor %}end)
{%- endmacro %}

{# A relation with one column n: 0 to 10^digits - 1. #}
{% macro numbers_below(digits) %}
    select {% for i in range(digits) %}{{ 10 ** i }} * d{{ i }}.n{{ ' + ' if not loop.last }}{% endfor %} as n
    from {% for i in range(digits) -%}
    (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as d{{ i }} (n){{ ' cross join ' if not loop.last }}
    {%- endfor %}
{% endmacro %}

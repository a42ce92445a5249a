{#
    factor * numerator / denominator as a decimal, rounded half away from zero (四舍五入) at `places`.

    Engines divide decimals in floating point, where a tie such as 0.125 may round either way; this stays in integers.
    Both inputs may have up to 4 decimals. Null when an input is null, the denominator is not positive, or the result has
    more than 18 digits: what a sender claims may be of any size, and no figure is better than a build that stops.
#}
{% macro ratio_half_up(numerator, denominator, places=2, factor=1) -%}
    {{ units_half_up(numerator, denominator, 10 ** places, factor) }} * {{ decimal_unit(places) }}
{%- endmacro %}

{#
    A part of a whole in percent, half up, but 0 and 100 only when it is nothing or everything: 99 999 of 100 000 is
    99.99 at two places, not 100.00, and one of them is 0.01.
#}
{% macro percent_of(part, whole, places) -%}
    case
        when {{ part }} > 0 and {{ part }} < {{ whole }}
            then least(
                greatest({{ ratio_half_up(part, whole, places, 100) }}, {{ decimal_unit(places) }}),
                100 - {{ decimal_unit(places) }}
            )
        else {{ ratio_half_up(part, whole, places, 100) }}
    end
{%- endmacro %}

{#
    By how many percent a figure has changed, half up, but -100 only when nothing is left: 1 of 25 000 is a fall by 99.99 at
    two places, not by 100.00.
#}
{% macro growth_of(now, base, places) -%}
    case
        when {{ now }} > 0 and {{ base }} > 0
            then greatest({{ ratio_half_up(now ~ ' - ' ~ base, base, places, 100) }}, {{ decimal_unit(places) }} - 100)
        else {{ ratio_half_up(now ~ ' - ' ~ base, base, places, 100) }}
    end
{%- endmacro %}

{#
    A quotient in floating point, null where the divisor is 0. Engines differ in what `/` makes of whole numbers and of
    decimals (whole numbers, decimals of other scales, doubles), so it stands here only.
#}
{% macro divide(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif({{ denominator }}, 0)
{%- endmacro %}

{# Nearest whole number of units of 1 / per_one, ties away from zero. #}
{% macro units_half_up(numerator, denominator, per_one, factor) -%}
    {%- set n = scaled_integer(numerator) -%}
    {%- set d = scaled_integer(denominator) -%}
    case
        when {{ d }} > 0
            then try_cast(
                sign({{ n }})
                * {{ integer_divide('2 * abs(' ~ n ~ ') * ' ~ factor ~ ' * ' ~ per_one ~ ' + ' ~ d, '2 * ' ~ d) }}
                as decimal(18, 0)
            )
    end
{%- endmacro %}

{% macro scaled_integer(value) -%}
    cast(cast({{ value }} as decimal(28, 4)) * 10000 as {{ wide_integer_type() }})
{%- endmacro %}

{% macro decimal_unit(places) -%}
    cast('{{ '0.' ~ '0' * (places - 1) ~ '1' if places else '1' }}' as decimal({{ places + 1 }}, {{ places }}))
{%- endmacro %}

{# How many decimals a number was printed with: 2 for '99.50', 0 for '100'. #}
{% macro decimals_of(text) -%}
    cast(case when position('.' in {{ text }}) > 0 then length({{ text }}) - position('.' in {{ text }}) else 0 end as integer)
{%- endmacro %}

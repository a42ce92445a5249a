{#
    Texts that stand for a code, folded as headers and codes are at the ingest: no white space, half-width, lower case.

    Most texts are the code itself and are not looked at: folding costs more than the rest of the row.
#}
{% macro folded_unless_known(text, code) -%}
    case when {{ code }} is null then {{ folded_text(text) }} end
{%- endmacro %}

{% macro folded_text(text) %}{{ return(adapter.dispatch('folded_text', 'hotline')(text)) }}{% endmacro %}
{% macro default__folded_text(text) -%}
    lower(translate(regexp_replace({{ text }}, '[\s\x{3000}\x{200B}-\x{200D}\x{FEFF}]', '', 'g'), '{{ full_width() }}', '{{ half_width() }}'))
{%- endmacro %}
{% macro spark__folded_text(text) -%}
    lower(translate(regexp_replace({{ text }}, '[\\s\\u3000\\u200B-\\u200D\\uFEFF]', ''), '{{ full_width() }}', '{{ half_width() }}'))
{%- endmacro %}

{% macro full_width() -%}
（）＋－．／：；＆０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ
{%- endmacro %}
{% macro half_width() -%}
()+-./:;&0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz
{%- endmacro %}

{# One row for each of the texts, which may be lists joined by a vertical bar. #}
{% macro each_text(texts) %}{{ return(adapter.dispatch('each_text', 'hotline')(texts)) }}{% endmacro %}
{% macro default__each_text(texts) -%}
    unnest(string_split(concat_ws('|', {{ texts | join(', ') }}), '|'))
{%- endmacro %}
{% macro spark__each_text(texts) -%}
    explode(split(concat_ws('|', {{ texts | join(', ') }}), '[|]'))
{%- endmacro %}

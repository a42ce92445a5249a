-- Ties and signs at both ends, with values that binary floating point gets wrong (1.005, 2.675 and their negatives).
with cases (numerator, denominator, expected, expected_whole) as (

    values
    (1005, 1000, cast(1.01 as decimal(9, 2)), 1),
    (-1005, 1000, -1.01, -1),
    (2675, 1000, 2.68, 3),
    (-2675, 1000, -2.68, -3),
    (10049, 10000, 1.00, 1),
    (1, 3, 0.33, 0),
    (-2, 3, -0.67, -1),
    (1, 200, 0.01, 0),
    (-1, 200, -0.01, 0),
    (1, 201, 0.00, 0),
    (5, 2, 2.50, 3),
    (-5, 2, -2.50, -3),
    (0, 5, 0.00, 0),
    (5, 0, null, null),
    (null, 5, null, null)

),

rounded as (

    select
        *,
        {{ ratio_half_up('numerator', 'denominator', 2) }} as fixed_places,
        {{ ratio_half_up('numerator', 'denominator', 0) }} as whole
    from cases

)

select *
from rounded
where
    fixed_places is distinct from expected
    or whole is distinct from expected_whole

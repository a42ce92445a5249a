"""How a check shows a percentage: 0 and 100 only where it is nothing or everything."""


def percent(column: str) -> str:
    """SQL of a percentage as a double for ``{:.2f}``: 99.996 is shown as 99.99, 0.004 as 0.01."""
    return f"(case when {column} > 0 and {column} < 100 then least(greatest({column}, 0.01), 99.99) else {column} end)::double"

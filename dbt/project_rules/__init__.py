"""Rules of this dbt project, for dbt-score: what every model, seed, source and exposure must have.

Run in the folder ``dbt``: ``dbt-score lint --manifest <target>/manifest.json``; the settings are in ``pyproject.toml``.
"""

"""Great Expectations of the warehouse: what must hold, of whom, and how bad it is when it does not.

* ``catalogue``  the planned checks (``dbt/seeds/quality_checks.csv``): the only place for names and severities
* ``custom``     expectations that Great Expectations does not have
* ``scope``      what one run looks at: a day of raw data, a month of marts
* ``suites``     one module a suite: ``feeds``, ``marts``, ``integrity``; each builds batches with their expectations
* ``checkpoint`` runs the batches and turns every result into one row per check and entity
* ``data_docs``  the report site: Chinese, one file a page, nothing loaded from anywhere

Importing the package is cheap; importing ``suites``, ``custom`` or ``checkpoint`` imports Great Expectations (5 s).
"""

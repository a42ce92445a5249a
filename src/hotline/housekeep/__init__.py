"""What is kept for how long, and the removal of the rest.

``retention``         the rules, read from ``deploy/retention.yaml``
``sweep``             files that are older than their rule says, and what becomes of each kind
``landing``           delivered files that are in the raw layer
``airflow_metadata``  rows of Airflow's database
``command``           ``hotline housekeep``
"""

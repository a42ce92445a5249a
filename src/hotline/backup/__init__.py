"""Copies of an installation that another host can start from: taken while it runs, proven, restored.

``layers``    what is copied and how it is proven: the files of ``var/``
``metadata``  the databases of Airflow and Superset
``sealed``    the secrets, encrypted for a certificate whose key lies elsewhere
``command``   ``hotline backup``, ``hotline verify-backup``, ``hotline restore``
"""

"""What stands between a request and the data, hooked into Superset by ``superset_config.py``."""

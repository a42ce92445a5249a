"""What stands between a user's request and the warehouse file; ``superset_config.py`` hooks it into Superset."""

"""What stands between a person and the warehouse, a module a barrier; ``docs/explanation/security.md`` tells which guards what."""

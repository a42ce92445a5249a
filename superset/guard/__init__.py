"""What stands between a person and the warehouse, a module a barrier; ``docs/security.md`` tells which guards what."""

"""The hotline warehouse: ingest, build, judge and publish the tickets of public transport hotlines."""

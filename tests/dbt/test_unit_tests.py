"""dbt's unit tests: every rule with a branch, on rows of its own. A build leaves them out, so they run here."""


def test_every_unit_test_of_the_models_passes(project, empty_warehouse):
    """On a warehouse without rows: they read only the columns of what is built."""
    statuses = project.run(empty_warehouse, "test", "--select", "test_type:unit")
    # success: the hooks that begin and end a build
    assert statuses == {"pass": len(project.manifest.unit_tests), "success": 2}

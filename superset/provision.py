"""Bring a Superset installation to the state that this folder describes; safe to run any number of times.

Runs in the Superset environment, with the variables that ``superset_config.py`` names and with
``HOTLINE_PUBLISHED_DATABASE``, the absolute path of the published DuckDB file. Passwords come as one JSON object
``{username: password}`` on standard input: a command line and an environment can be read by other programs.

One process for migration, roles, users, assets and row rules: loading Superset costs more than all of them together.
Prints one JSON line: seconds a step, and the number of assets.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent
PLACEHOLDER = "@PUBLISHED_DATABASE@"


def asset_contents(database: str) -> dict[str, str]:
    """Asset files by their path inside the bundle, with the database path filled in."""
    assets = FOLDER / "assets"
    return {
        str(path.relative_to(assets)): path.read_text("utf-8").replace(PLACEHOLDER, database)
        for path in sorted(assets.rglob("*.yaml"))
    }


def apply_users(security: dict, passwords: dict[str, str]) -> None:
    """Create the accounts, or bring their password and roles into line. Raises KeyError without a password."""
    from werkzeug.security import check_password_hash, generate_password_hash

    from superset import security_manager

    for entry in security["users"]:
        username, password = entry["username"], passwords[entry["username"]]
        roles = [security_manager.find_role(role) or security_manager.add_role(role) for role in entry["roles"]]
        user = security_manager.find_user(username=username)
        if user is None:
            # an address in the reserved .invalid domain: the account needs one, nobody must ever get the mail
            if not security_manager.add_user(
                username, entry["name"], "", f"{username}@hotline.invalid", roles, password=password
            ):
                raise RuntimeError(f"user {username} could not be created")
            continue
        if not check_password_hash(user.password, password):
            user.password = generate_password_hash(password)
        user.roles = roles
        security_manager.update_user(user)


def apply_roles(security: dict) -> None:
    """Give every role of the file exactly the permissions written there. Raises LookupError on an unknown one."""
    from superset.connectors.sqla.models import SqlaTable

    from superset import db, security_manager

    for name, definition in security["roles"].items():
        role = security_manager.find_role(name) or security_manager.add_role(name)
        wanted = [tuple(pair) for pair in definition.get("permissions", [])]
        for permission_set in definition.get("permission_sets", []):
            wanted += [tuple(pair) for pair in security["permission_sets"][permission_set]]
        if definition["datasets"] == "all":
            wanted += [("datasource_access", dataset.perm) for dataset in db.session.query(SqlaTable)]
        permissions = []
        for permission, view in dict.fromkeys(wanted):
            found = security_manager.find_permission_view_menu(permission, view)
            if found is None:
                raise LookupError(f"role {name}: Superset has no permission {permission!r} on {view!r}")
            permissions.append(found)
        role.permissions = permissions
    db.session.commit()


def apply_row_rules(security: dict) -> None:
    """Write the row-level rules over all datasets, and drop rules that the file no longer holds.

    One rule a clause and platform column, because a rule has one clause for all of its datasets.
    """
    from superset.connectors.sqla.models import RowLevelSecurityFilter, SqlaTable

    from superset import db, security_manager

    mapping = ", ".join(
        f"('{user['username']}', '{platform}')" for user in security["users"] for platform in user.get("platforms", [])
    )
    by_column: dict[str, list] = {}
    for dataset in db.session.query(SqlaTable):
        column = security["platform_columns"].get(dataset.table_name, "platform_code")
        by_column.setdefault(column, []).append(dataset)

    kept = set()
    for rule in security["row_level_security"]:
        for column, datasets in by_column.items():
            name = f"{rule['name']}（{column}）"
            kept.add(name)
            stored = db.session.query(RowLevelSecurityFilter).filter_by(name=name).one_or_none()
            if stored is None:
                stored = RowLevelSecurityFilter(name=name)
                db.session.add(stored)
            stored.description = "由 superset/security.yaml 管理"
            stored.filter_type = rule["filter_type"]
            stored.group_key = rule["name"]
            stored.clause = rule["clause"].replace("{platform_column}", column).replace("{user_platforms}", mapping)
            stored.roles = [security_manager.find_role(role) for role in rule["roles"]]
            stored.tables = datasets
    for stored in db.session.query(RowLevelSecurityFilter):
        if stored.name not in kept:
            db.session.delete(stored)
    db.session.commit()


def main() -> None:
    passwords = json.load(sys.stdin)
    logging.disable(logging.INFO)
    timings: dict[str, float] = {}
    clock = time.monotonic()

    def lap(step: str) -> None:
        nonlocal clock
        timings[step] = round(time.monotonic() - clock, 1)
        clock = time.monotonic()

    from superset.app import create_app

    app = create_app()
    lap("load")
    with app.app_context():
        import flask_migrate
        from superset.commands.importers.v1.assets import ImportAssetsCommand
        from superset.utils.core import override_user

        from superset import appbuilder, security_manager

        flask_migrate.upgrade(x_arg=None)
        lap("migrate")
        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        lap("permissions")
        security = yaml.safe_load((FOLDER / "security.yaml").read_text("utf-8"))
        apply_users(security, passwords)
        lap("users")
        contents = asset_contents(os.environ["HOTLINE_PUBLISHED_DATABASE"])
        with override_user(security_manager.find_user(username="admin")):
            ImportAssetsCommand(contents).run()
        lap("assets")
        apply_roles(security)
        apply_row_rules(security)
        lap("security")
    print(json.dumps({"assets": len(contents), "seconds": timings}))


if __name__ == "__main__":
    main()

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
import re
import sys
import time
from pathlib import Path

from hotline import origin, yaml_file

FOLDER = Path(__file__).parent
NO_MAIL = "hotline.invalid"
"""Domain of the addresses of accounts made here: an account needs one, and nobody must ever get the mail."""
SHIPPED_ROLES = {"Admin", "Alpha", "Gamma", "sql_lab"}
"""Roles that Superset itself writes anew with every provisioning; no account has one but Admin."""
NOT_GIVEN = "", "not given"
"""Column and comparison of data sets that no platform gets."""


SAYS_SIMULATED = re.compile(r"^ *\* \*\*模拟数据\*\*.*\n", re.MULTILINE)
"""The one line by which every dashboard of simulated records says so; where records are real it would be wrong."""


def asset_contents() -> dict[str, str]:
    """Asset files by their path inside the bundle; what they say of the records is what the installation says."""
    assets = FOLDER / "assets"
    contents = {str(path.relative_to(assets)): path.read_text("utf-8") for path in sorted(assets.rglob("*.yaml"))}
    if origin.of_installation() != origin.REAL:
        return contents
    return {path: SAYS_SIMULATED.sub("", text) for path, text in contents.items()}


def apply_users(security: dict, passwords: dict[str, str]) -> None:
    """Create the accounts, bring their password and roles into line, and close those that are no longer written down.

    Raises KeyError without a password.
    """
    from werkzeug.security import check_password_hash, generate_password_hash

    from superset import security_manager

    for entry in security["users"]:
        username, password = entry["username"], passwords[entry["username"]]
        roles = [security_manager.find_role(role) or security_manager.add_role(role) for role in entry["roles"]]
        user = security_manager.find_user(username=username)
        if user is None:
            if not security_manager.add_user(
                username, entry["name"], "", f"{username}@{NO_MAIL}", roles, password=password
            ):
                raise RuntimeError(f"user {username} could not be created")
            continue
        if not user.password:  # closed by us; an account that an administrator has closed has one, and stays closed
            user.active = True
        if not check_password_hash(user.password or "", password):
            user.password = generate_password_hash(password)
        user.roles, user.groups = roles, []
        security_manager.update_user(user)
    close_others(security)


def close_others(security: dict) -> None:
    """Close every account that stands neither in the file nor in a directory; what it made stays.

    Sessions and tokens hang on the stored password (``guard.logins``): with that one they end, and stay ended when the
    name is written down again. With a directory only the accounts that were made here can be told to be no one's.
    """
    from flask import current_app
    from flask_appbuilder.const import AUTH_DB

    from superset import security_manager

    listed = {security_manager.find_user(username=entry["username"]).id for entry in security["users"]}
    local = current_app.config["AUTH_TYPE"] == AUTH_DB
    for user in security_manager.get_all_users():
        if user.id not in listed and (local or user.email.endswith(f"@{NO_MAIL}")):
            user.active, user.password, user.roles, user.groups = False, "", [], []
            security_manager.update_user(user)


def apply_roles(security: dict) -> None:
    """Give every role of the file exactly the permissions written there, and every other one none.

    Raises LookupError on an unknown permission.
    """
    from superset.connectors.sqla.models import SqlaTable

    from superset import db, security_manager

    for name, definition in security["roles"].items():
        role = security_manager.find_role(name) or security_manager.add_role(name)
        wanted = [tuple(pair) for pair in definition.get("permissions", [])]
        for permission_set in definition.get("permission_sets", []):
            wanted += [tuple(pair) for pair in security["permission_sets"][permission_set]]
        wanted += [
            ("datasource_access", dataset.perm)
            for dataset in db.session.query(SqlaTable)
            if definition["datasets"] == "all"
            or (definition["datasets"] == "given" and is_given(dataset.table_name, security))
        ]
        permissions = []
        for permission, view in dict.fromkeys(wanted):
            found = security_manager.find_permission_view_menu(permission, view)
            if found is None:
                raise LookupError(f"role {name}: Superset has no permission {permission!r} on {view!r}")
            permissions.append(found)
        role.permissions = permissions
    for role in security_manager.get_all_roles():
        if role.name not in SHIPPED_ROLES | security["roles"].keys():
            role.permissions = []
    db.session.commit()


def table_of(dataset: str, security: dict) -> str:
    """The published table whose row rule a data set has."""
    return security["platform_files"]["datasets"].get(dataset, dataset)


def is_given(dataset: str, security: dict) -> bool:
    """Whether platforms get the table of a data set at all."""
    return table_of(dataset, security) in security["platform_files"]["tables"]


def apply_row_rules(security: dict) -> None:
    """Write the row-level rules over all datasets, and drop rules that the file no longer holds.

    One rule a clause and kind of table, because a rule has one clause for all of its datasets. Of what no platform gets, a
    role that sees one platform is denied every row, like whoever has no role. Raises LookupError for a dataset whose rows
    nobody has decided about.
    """
    from superset.connectors.sqla.models import RowLevelSecurityFilter, SqlaTable

    from superset import db, security_manager

    files, access = security["platform_files"], security["row_access"]
    by_rows: dict[tuple[str, str], list] = {}
    for dataset in db.session.query(SqlaTable):
        name = table_of(dataset.table_name, security)
        if name in files["not_given"]:
            by_rows.setdefault(NOT_GIVEN, []).append(dataset)
            continue
        table = files["tables"].get(name)
        if table is None:
            raise LookupError(f"security.yaml, platform_files: no row rule for the data set {dataset.table_name}")
        comparison = f" OR ({table['comparison']})" if "comparison" in table else ""
        comparison += f" AND ({table['only']})" if "only" in table else ""
        own = "" if table == "all" else table["own"]
        by_rows.setdefault((own, comparison), []).append(dataset)

    kept = set()
    for rule in security["row_level_security"]:
        for number, ((column, comparison), datasets) in enumerate(sorted(by_rows.items()), start=1):
            if not column and rule["filter_type"] == "Regular":
                continue  # a reference table: everybody who may see anything sees all of it
            kinds = [kind for kind in rule["roles"] if (column, comparison) != NOT_GIVEN or kind != "platform"]
            name = f"{rule['name']}（{number}：{column}）"
            kept.add(name)
            stored = db.session.query(RowLevelSecurityFilter).filter_by(name=name).one_or_none()
            if stored is None:
                stored = RowLevelSecurityFilter(name=name)
                db.session.add(stored)
            stored.description = "由 superset/security.yaml 管理"
            stored.filter_type = rule["filter_type"]
            stored.group_key = rule["name"]
            stored.clause = rule["clause"].replace("{platform_column}", column).replace("{comparison}", comparison)
            stored.roles = [security_manager.find_role(role) for kind in kinds for role in access[kind]]
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
        security = yaml_file.read(FOLDER / "security.yaml")
        apply_users(security, passwords)
        lap("users")
        contents = asset_contents()
        with override_user(security_manager.find_user(username="admin")):
            ImportAssetsCommand(contents).run()
        lap("assets")
        apply_roles(security)
        apply_row_rules(security)
        lap("security")
    print(json.dumps({"assets": len(contents), "seconds": timings}))


if __name__ == "__main__":
    main()

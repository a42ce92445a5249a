"""Bring production's Airflow to the state that ``accounts.yaml`` describes; safe to run any number of times.

Runs in the Airflow environment after ``airflow db migrate``. Passwords come as one JSON object ``{username: password}``
on standard input, as for ``superset/provision.py``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from airflow.models.pool import Pool
from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
from airflow.utils.session import create_session
from werkzeug.security import check_password_hash, generate_password_hash

from hotline import yaml_file
from hotline.scheduling import WRITER_POOL

ACCOUNTS = Path(__file__).with_name("accounts.yaml")
SHIPPED_ROLES = {"Admin", "Op", "User", "Viewer", "Public"}
"""Roles that Airflow itself writes anew; of these only Admin is given to anybody."""
NO_MAIL = "hotline.invalid"


def apply_roles(manager: object, accounts: dict) -> None:
    """Give every role of the file exactly its permissions. Raises LookupError on one that Airflow does not know."""
    for name, sets in accounts["roles"].items():
        role = manager.find_role(name) or manager.add_role(name)
        wanted = []
        for chosen in sets:
            for action, resources in accounts["permission_sets"][chosen].items():
                for resource in resources:
                    found = manager.get_permission(action, resource)
                    if found is None and resource.startswith("DAG:"):  # those of one DAG are made when they are wanted
                        found = manager.create_permission(action, resource)
                    if found is None:
                        raise LookupError(f"role {name}: Airflow has no permission {action!r} on {resource!r}")
                    wanted.append(found)
        role.permissions = list(dict.fromkeys(wanted))
        manager.session.merge(role)
    for role in manager.get_all_roles():
        if role.name not in SHIPPED_ROLES | accounts["roles"].keys():
            role.permissions = []
    manager.session.commit()


def apply_users(manager: object, accounts: dict, passwords: dict[str, str]) -> None:
    """Create accounts, bring password and roles into line, close those of ours that are no longer written down."""
    for entry in accounts["users"]:
        username, password = entry["username"], passwords[entry["username"]]
        roles = [manager.find_role(role) for role in entry["roles"]]
        user = manager.find_user(username=username)
        if user is None:
            mail = f"{username}@{NO_MAIL}"
            if not manager.add_user(username, entry["name"], "", mail, roles, password=password):
                raise RuntimeError(f"user {username} could not be created")
            continue
        if not user.password:  # closed by us; one that an administrator has closed has a password, and stays closed
            user.active = True
        if not check_password_hash(user.password or "", password):
            user.password = generate_password_hash(password)
            manager.reset_user_sessions(user)
        user.roles = roles
        manager.update_user(user)
    listed = {entry["username"] for entry in accounts["users"]}
    for user in manager.get_all_users():
        if user.username not in listed and user.email.endswith(f"@{NO_MAIL}"):
            user.active, user.password, user.roles = False, "", []
            manager.reset_user_sessions(user)
            manager.update_user(user)


def main() -> None:
    accounts, passwords = yaml_file.read(ACCOUNTS), json.load(sys.stdin)
    with get_application_builder() as builder:
        builder.sm.sync_roles()
        apply_roles(builder.sm, accounts)
        apply_users(builder.sm, accounts, passwords)
    with create_session() as session:
        Pool.create_or_update_pool(
            WRITER_POOL, 1, "the one writer of the warehouse file", include_deferred=False, session=session
        )
    print(f"{len(accounts['users'])} accounts, {len(accounts['roles'])} roles")


if __name__ == "__main__":
    main()

"""Jinja in SQL: everything to those who may write SQL; to everybody else the one call that row rules make.

Superset renders the free conditions of a request before it asks whether the person may send them, and once more when
the query runs. A loop in them would keep the server busy, and a template that writes a template would get past a check
of the text. So such a text is not rendered at all.
"""

from __future__ import annotations

import re
from typing import Any

from jinja2.exceptions import SecurityError
from superset.jinja_context import JinjaTemplateProcessor

from superset import security_manager

CALL = "{{ own_scope() }}"
MARKS = re.compile(r"\{\{|\{%|\{#")


class GuardedTemplates(JinjaTemplateProcessor):
    """For ``CUSTOM_TEMPLATE_PROCESSORS``."""

    def process_template(self, sql: str, **kwargs: Any) -> str:
        """Raises jinja2's SecurityError, which Superset answers as a mistake of the request."""
        if MARKS.search(str(sql).replace(CALL, "")) and not security_manager.may_write_sql():
            raise SecurityError("该账号不能使用模板")
        return super().process_template(sql, **kwargs)

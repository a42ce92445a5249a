"""Which templates may stand in SQL: calls of a few harmless functions, and nothing that computes.

The template language runs in the server itself, where no statement limit reaches: two nested loops, or one large
power, would hold a thread, or all of them, for good. Superset renders the free conditions of a request before it asks
whether the person may send them, and a template that writes a template would get past a check of the text; so for
whoever may not write SQL a text with any template but the one of the row rules is not rendered at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from jinja2 import TemplateSyntaxError
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from superset.jinja_context import JinjaTemplateProcessor

from superset import security_manager

FUNCTIONS = frozenset({"current_username", "current_user_id", "current_user_roles", "own_scope"})
CALL = ("variable_begin", "name", "lparen", "rparen", "variable_end")
ROW_RULE = "{{ own_scope() }}"
MARKS = re.compile(r"\{\{|\{%|\{#")


class CallsOnly(Extension):
    """Lets ``{{ function() }}`` pass, for FUNCTIONS without arguments. Raises TemplateSyntaxError on all else."""

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        return self._checked(stream)

    def _checked(self, stream: Iterable[Token]) -> Iterator[Token]:
        place = 0
        for token in stream:
            if not (place == 0 and token.type == "data"):
                if token.type != CALL[place] or (token.type == "name" and token.value not in FUNCTIONS):
                    allowed = "、".join(f"{{{{ {name}() }}}}" for name in sorted(FUNCTIONS))
                    raise TemplateSyntaxError(f"SQL 中的模板只可写 {allowed}。", token.lineno)
                place = (place + 1) % len(CALL)
            yield token


class GuardedTemplates(JinjaTemplateProcessor):
    """Superset's own template processor with ``CallsOnly`` in its parser, which every way into a template passes."""

    def __init__(self, *arguments: object, **settings: object) -> None:
        super().__init__(*arguments, **settings)
        self.env.add_extension(CallsOnly)

    def process_template(self, sql: str, **kwargs: Any) -> str:
        """Raises jinja2's errors, which Superset answers as mistakes of the request."""
        if MARKS.search(str(sql).replace(ROW_RULE, "")) and not security_manager.may_write_sql():
            raise SecurityError("该账号不能使用模板")
        return super().process_template(sql, **kwargs)

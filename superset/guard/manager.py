"""Superset's security manager with the barriers of this installation hung in; the rules are in the modules beside."""

from __future__ import annotations

from typing import Any

from guard import payloads, rows
from guard.logins import SecurityManager


class HotlineSecurityManager(SecurityManager):
    """Whoever may not write SQL asks only for what is in git, and caches keep apart what files keep apart."""

    def may_write_sql(self) -> bool:
        return self.can_access("can_execute_sql_query", "SQLLab")

    def raise_for_access(  # type: ignore[override]
        self,
        dashboard: Any = None,
        chart: Any = None,
        query: Any = None,
        query_context: Any = None,
        viz: Any = None,
        sql: Any = None,
        **others: Any,
    ) -> None:
        """Refuse what a role without SQL Lab may not ask for, then what Superset itself refuses.

        Raises SupersetSecurityException.
        """
        if not self.may_write_sql():
            if dashboard is not None and not payloads.in_git("dashboards", dashboard):
                _refuse("该仪表板尚未纳入正式发布")
            if chart is not None and not payloads.in_git("charts", chart):
                _refuse("该图表尚未纳入正式发布")
            if query is not None or sql is not None or viz is not None:
                _refuse("该账号不能使用自定义查询")
            if query_context is not None:
                try:
                    payloads.check(query_context)
                except payloads.Refused as refused:
                    _refuse(f"该账号不能使用自定义查询：{refused}")
        super().raise_for_access(
            dashboard=dashboard, chart=chart, query=query, query_context=query_context, viz=viz, sql=sql, **others
        )

    def get_rls_cache_key(self, datasource: Any) -> list[str]:
        """Part of the key of every cached answer: what one scope was told is never told to another."""
        return [f"scope:{rows.own_scope()}", *super().get_rls_cache_key(datasource)]


def _refuse(message: str) -> None:
    from superset.errors import ErrorLevel, SupersetError, SupersetErrorType
    from superset.exceptions import SupersetSecurityException

    raise SupersetSecurityException(
        SupersetError(message, SupersetErrorType.DATASOURCE_SECURITY_ACCESS_ERROR, ErrorLevel.ERROR)
    )


def narrow_lists() -> None:
    """Lists show roles without SQL Lab only what is in git, and no other person."""
    from superset.charts.api import ChartRestApi
    from superset.dashboards.api import DashboardRestApi
    from superset.models.dashboard import Dashboard
    from superset.models.slice import Slice
    from superset.views.base import BaseFilter

    from superset import security_manager

    def filter_of(model: Any, kind: str) -> type[BaseFilter]:
        class InGit(BaseFilter):
            def apply(self, query: Any, value: Any) -> Any:
                return query if security_manager.may_write_sql() else payloads.of_git(query, model, kind)

        return InGit

    for api, model, kind in ((ChartRestApi, Slice, "charts"), (DashboardRestApi, Dashboard, "dashboards")):
        api.base_filters = [*api.base_filters, ["uuid", filter_of(model, kind), lambda: []]]


def only_oneself(query: Any) -> Any:
    """For ``EXTRA_RELATED_QUERY_FILTERS``: owners and authors to choose from are nobody but oneself."""
    from flask import g

    from superset import security_manager

    if security_manager.is_admin():
        return query
    return query.filter(security_manager.user_model.id == getattr(g.user, "id", None))

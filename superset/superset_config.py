"""Superset settings of the hotline warehouse: Chinese screens, file caches, no secret in this file.

Read from the environment (``hotline.stack.superset`` sets all of them):

``SUPERSET_SECRET_KEY``    signs sessions and encrypts stored credentials; there is no default on purpose.
``SUPERSET_HOME``          folder for the metadata database and the caches.
``SUPERSET_METADATA_URI``  optional SQLAlchemy address of another metadata database (PostgreSQL in production).
``SUPERSET_HTTPS``         ``1`` behind a TLS proxy: session cookies are then sent over TLS only.
``SUPERSET_PROXIES``       how many reverse proxies stand before this server; none: their headers are not believed.
``HOTLINE_VAR``            folder of the access log, below ``log/access``.

Nothing here may need the internet: the users sit on a closed government network.
"""

import json
import os
from pathlib import Path

from cachelib.base import BaseCache
from guard import exports, people, requests, rows, statements, tabs
from guard.access_log import log_access
from guard.definitions import security
from guard.limits import Limits
from guard.logins import escape_logs, limit_logins
from guard.manager import HotlineSecurityManager, narrow_lists, only_oneself
from guard.screens import guard_screens, hide_versions
from guard.sessions import SessionStore

from hotline import yaml_file
from hotline.access_log import AccessLog
from hotline.attempts import attempts_of
from hotline.settings import Settings
from hotline.variables import flag, number

HOME = Path(os.environ["SUPERSET_HOME"])
HOME.mkdir(parents=True, exist_ok=True)
INSTALLATION = Settings.from_environment()
SECURITY = security()
ACCESS_LOG = AccessLog(INSTALLATION.access_log, SECURITY["access_log"]["keep_days"])
HTTPS = flag("SUPERSET_HTTPS")
PROXIES = number("SUPERSET_PROXIES")

SECRET_KEY = os.environ["SUPERSET_SECRET_KEY"]
# Embedding is off, but the shipped key is public: a forged guest token must not verify if somebody turns it on.
GUEST_TOKEN_JWT_SECRET = SECRET_KEY
SQLALCHEMY_DATABASE_URI = (
    os.environ.get("SUPERSET_METADATA_URI") or f"sqlite:///{HOME / 'superset.db'}?check_same_thread=false&timeout=30"
)

# ---------------------------------------------------------------- language
BABEL_DEFAULT_LOCALE = "zh"
LANGUAGES = {
    "zh": {"flag": "cn", "name": "中文"},
    "en": {"flag": "us", "name": "English"},
}
D3_FORMAT = {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["¥", ""]}
D3_TIME_FORMAT = {
    "dateTime": "%Y年%-m月%-d日 %H:%M:%S",
    "date": "%Y-%m-%d",
    "time": "%H:%M:%S",
    "periods": ["上午", "下午"],
    "days": ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"],
    "shortDays": ["周日", "周一", "周二", "周三", "周四", "周五", "周六"],
    "months": [f"{month}月" for month in range(1, 13)],
    "shortMonths": [f"{month}月" for month in range(1, 13)],
}


def FLASK_APP_MUTATOR(app) -> None:
    """Serve the Chinese pack with our corrections ("Sign in" reads "Not In" in the shipped one).

    The corrected text is made in memory, so that the installed package stays as released; and it is served to
    everybody, because the login page needs it before anybody is known.
    """
    from flask import Response, request

    from superset import translations

    escape_logs(app)
    guard_screens(app)
    log_access(app, ACCESS_LOG)
    limit_logins(app, attempts_of(HOME, INSTALLATION.home))

    shipped = Path(translations.__file__).parent / "zh" / "LC_MESSAGES" / "messages.json"
    pack = json.loads(shipped.read_text("utf-8"))
    corrections = yaml_file.read(Path(__file__).with_name("zh_corrections.yaml"))
    pack["locale_data"]["superset"].update({english: [chinese] for english, chinese in corrections.items()})
    body = json.dumps(pack, ensure_ascii=False).encode()

    from guard.templates import GuardedTemplates  # it needs a running application

    narrow_lists()
    statements.install(app, LIMITS, HOME / "guard")
    app.config["CUSTOM_TEMPLATE_PROCESSORS"] = {"duckdb": GuardedTemplates}
    app.before_request(requests.refuse_streams)
    app.before_request(requests.limit_length)
    app.before_request(requests.refuse_misshapen)
    app.before_request(tabs.refuse_foreign)
    requests.register_error_handlers(app)
    app.after_request(people.hide_others)
    app.after_request(exports.finish_export)

    @app.before_request
    def corrected_language_pack() -> Response | None:
        if request.endpoint == "Superset.language_pack" and request.view_args == {"lang": "zh"}:
            return Response(body, mimetype="application/json", headers={"Cache-Control": "max-age=3600"})
        return None


# ---------------------------------------------------------------- look
APP_NAME = "热线数据仓库"
LOGO_TARGET_PATH = "/superset/dashboard/hotline-overview/"
LOGO_TOOLTIP = "打开运行总览"
THEME_DEFAULT = {
    "token": {
        "brandAppName": APP_NAME,
        "brandLogoAlt": APP_NAME,
        "brandLogoUrl": "/static/assets/images/superset-logo-horiz.png",
        "brandLogoHref": "/superset/dashboard/hotline-overview/",
        "brandLogoHeight": "24px",
        "brandLogoMargin": "18px 0",
        "colorPrimary": "#1F5FA8",
        "colorLink": "#1F5FA8",
        "fontFamily": "Inter, 'Noto Sans CJK SC', 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', sans-serif",
        "fontUrls": [],
    },
    "algorithm": "default",
}
THEME_DARK = None  # one theme: the dashboard's colours were chosen on white


# ---------------------------------------------------------------- caches
def _file_cache(name: str, timeout: int) -> dict:
    """A cache in files below ``SUPERSET_HOME``: no Redis to run. ``timeout`` in seconds."""
    folder = HOME / "cache" / name
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "CACHE_TYPE": "FileSystemCache",
        "CACHE_DIR": str(folder),
        "CACHE_DEFAULT_TIMEOUT": timeout,
        "CACHE_THRESHOLD": 5000,
        "CACHE_KEY_PREFIX": f"{name}_",
    }


DAY = 86_400
CACHE_CONFIG = _file_cache("meta", 3600)
# A publication empties this cache, so a day is safe and spares the file a query for every reader.
DATA_CACHE_CONFIG = _file_cache("data", DAY)
FILTER_STATE_CACHE_CONFIG = _file_cache("filter", 30 * DAY)
EXPLORE_FORM_DATA_CACHE_CONFIG = _file_cache("explore", 7 * DAY)

# ---------------------------------------------------------------- features
FEATURE_FLAGS = {
    "ENABLE_TEMPLATE_PROCESSING": True,  # row-level security names the platform in its clause
    "RLS_IN_SQLLAB": True,  # otherwise a typed query would see the rows that a chart hides
    "ALLOW_ADHOC_SUBQUERY": False,
    "DASHBOARD_RBAC": False,  # it would open a dashboard's datasets to roles that have no right to them
    "EMBEDDED_SUPERSET": False,
    "ALERT_REPORTS": False,
    "THUMBNAILS": False,
}
MAX_CONTENT_LENGTH = 2 << 20  # bytes of a request: the largest bundle of assets is a tenth of it
ROW_LIMIT = 10_000
SQL_MAX_ROW = 100_000
CSV_STREAMING_ROW_THRESHOLD = 1 << 53  # never: see guard.requests.refuse_streams

# ---------------------------------------------------------------- limits
LIMITS = Limits.read(Path(__file__).with_name("security.yaml"))
SUPERSET_WEBSERVER_TIMEOUT = int(LIMITS.longest_answer)  # what a browser waits: its own end would hide our message
CELERY_CONFIG = None  # no queue: a query that asks for one would wait for ever
if not SQLALCHEMY_DATABASE_URI.startswith("sqlite"):
    # a request that waits for its turn keeps its connection to the metadata
    SQLALCHEMY_ENGINE_OPTIONS = {"pool_size": LIMITS.threads, "max_overflow": 0, "pool_pre_ping": True}

# ---------------------------------------------------------------- security
CUSTOM_SECURITY_MANAGER = HotlineSecurityManager
DB_CONNECTION_MUTATOR = rows.connection_of
JINJA_CONTEXT_ADDONS = {"own_scope": rows.own_scope}  # row rules name it
EXTRA_RELATED_QUERY_FILTERS = {"user": only_oneself}
WTF_CSRF_ENABLED = True
TALISMAN_ENABLED = True
# The shipped policy allows map tiles and telemetry hosts; a page of this server talks to this server only.
TALISMAN_CONFIG = {
    "content_security_policy": {
        "default-src": ["'self'"],
        "base-uri": ["'self'"],
        "frame-ancestors": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'", "data:"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": HTTPS,
}
SESSION_COOKIE_NAME = "superset_session"  # Airflow has one named session, and cookies do not tell ports apart
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
SESSION_SERVER_SIDE = True
SESSION_TYPE = "cachelib"
SESSION_CACHELIB: BaseCache = SessionStore(
    HOME / "state" / "sessions.db",
    seconds=SECURITY["sessions"]["hours"] * 3600,
    anonymous_seconds=SECURITY["sessions"]["anonymous_minutes"] * 60,
    anonymous_most=SECURITY["sessions"]["anonymous_most"],
)
SESSION_REFRESH_EACH_REQUEST = False  # a session ends so long after its login, however busy it is
PERMANENT_SESSION_LIFETIME = SECURITY["sessions"]["hours"] * 3600
JWT_REFRESH_TOKEN_EXPIRES = PERMANENT_SESSION_LIFETIME  # in seconds; shipped are 30 days
AUTH_USER_REGISTRATION = False
AUTH_RATE_LIMITED = False  # guard.logins counts wrong passwords, and for all worker processes
COMMON_BOOTSTRAP_OVERRIDES_FUNC = hide_versions
ENABLE_PROXY_FIX = PROXIES > 0
# of the host nothing is believed: the proxy passes on Host itself
PROXY_FIX_CONFIG = {"x_for": PROXIES, "x_proto": PROXIES, "x_host": 0, "x_port": 0, "x_prefix": 0}
RATELIMIT_ENABLED = True
RATELIMIT_APPLICATION = "100 per second"
PUBLIC_ROLE_LIKE = None
FAB_ADD_SECURITY_API = False  # roles and users come from security.yaml
PREVENT_UNSAFE_DB_CONNECTIONS = True
HTML_SANITIZATION = True

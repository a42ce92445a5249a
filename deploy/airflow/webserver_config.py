"""Settings of Airflow's accounts; the directory of an authority is named here, see docs/operations/operate.md."""

from flask_appbuilder.const import AUTH_DB

from hotline.stack.airflow_accounts import LimitedSecurityManager

AUTH_TYPE = AUTH_DB
SECURITY_MANAGER_CLASS = LimitedSecurityManager
AUTH_USER_REGISTRATION = False
WTF_CSRF_ENABLED = True

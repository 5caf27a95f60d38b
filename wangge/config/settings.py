"""Settings, from the environment (12-factor). `make demo` sets what is needed; a site sets its own.

WANGGE_* variables: KEYS_DIR (folder of `secret_key` and `data_key`), KEY_STORE (file of the persons' keys), DATA_DIR (photos), SITE_NAME, HOSTS, DEMO, DEBUG,
TILE_URL and TILE_KEY (an outside map, off by default), HTTPS, QUIET_FROM and QUIET_TO (office time).
DATABASE_URL: any PostgreSQL 15 or newer.
"""

import base64
import os
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from wangge.config.embedded import parse_database_url
from wangge.foundation.core.heartbeats import HEARTBEAT_SECONDS, SILENT_SECONDS

ROOT = Path(__file__).resolve().parent.parent.parent
VAR = Path(os.environ.get("WANGGE_VAR", ROOT / "var"))


def _flag(name: str, *, default: bool = False) -> bool:
    return os.environ.get(name, "1" if default else "0") == "1"


def _key(name: str) -> str:
    folder = Path(os.environ.get("WANGGE_KEYS_DIR", VAR / "keys"))
    try:
        return (folder / name).read_text().strip()
    except FileNotFoundError:
        if _flag("WANGGE_BUILD"):  # building assets or checking code reads and writes no data
            return base64.b64encode(bytes(32)).decode()
        raise SystemExit(
            f"The key file {folder / name} is missing. `make demo` makes one; in production set WANGGE_KEYS_DIR "
            "to the folder that holds `secret_key` and `data_key`."
        ) from None


DEBUG = _flag("WANGGE_DEBUG")
DEMO = _flag("WANGGE_DEMO")
HTTPS = _flag("WANGGE_HTTPS")
SECRET_KEY = _key("secret_key")
WANGGE_KEYS_DIR = Path(os.environ.get("WANGGE_KEYS_DIR", VAR / "keys"))
# After a rotation the first data key may be gone: `data_key.1` … have taken its place.
_ROTATED = not (WANGGE_KEYS_DIR / "data_key").exists() and any(WANGGE_KEYS_DIR.glob("data_key.[1-9]*"))
WANGGE_DATA_KEY = b"" if _ROTATED else base64.b64decode(_key("data_key"))
WANGGE_KEY_STORE = Path(os.environ.get("WANGGE_KEY_STORE", WANGGE_KEYS_DIR / "people.sqlite"))
WANGGE_CIPHER = os.environ.get("WANGGE_CIPHER", "aes")  # for new values: "aes" or "sm4" (GB/T 32907, 32905)
ALLOWED_HOSTS = os.environ.get("WANGGE_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

PRODUCT_NAME = _("Wangge")
SITE_NAME = os.environ.get("WANGGE_SITE_NAME", "智慧南城" if DEMO else "一线网格")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_htmx",
    "procrastinate.contrib.django",
    "wangge.foundation.core",
    "wangge.foundation.audit",
    "wangge.foundation.places",
    "wangge.foundation.accounts",
    "wangge.foundation.media",
    "wangge.foundation.catalogue",
    "wangge.foundation.notifications",
    "wangge.foundation.duties",
    "wangge.domains.people",
    "wangge.domains.cases",
    "wangge.domains.fieldwork",
    "wangge.domains.stats",
    "wangge.doors.desk",
    "wangge.doors.field",
    "wangge.doors.portal",
    "wangge.doors.files",
    "wangge.doors.api",
    "wangge.doors.town",
]

MIDDLEWARE = [
    "wangge.config.edge.RefuseBadInputMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "wangge.config.edge.HeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "wangge.config.edge.ProblemMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "wangge.config.urls"
WSGI_APPLICATION = "wangge.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "wangge/config/templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wangge.config.edge.site",
                "wangge.doors.desk.context.rail",
            ],
        },
    },
]

DATABASE_URL = os.environ.get("DATABASE_URL", "")
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **parse_database_url(DATABASE_URL or "postgresql://wangge_app@localhost/wangge"),
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }
}
DATABASES["default"].setdefault("OPTIONS", {})
# Parameters are bound by the server and hot statements prepared: a third less work for PostgreSQL on a report.
DATABASES["default"]["OPTIONS"]["server_side_binding"] = True
DATABASES["default"]["OPTIONS"]["prepare_threshold"] = 3
DATABASES["default"]["OPTIONS"]["options"] = (
    "-c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000 -c lock_timeout=5000 "
    "-c plan_cache_mode=force_custom_plan"  # a plan for any state cannot use the index of the open ones
    if not _flag("WANGGE_LONG_STATEMENTS")
    else "-c lock_timeout=5000"
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS = ["models.W042"]

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "wangge.config.edge.AccountAdapter"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = False  # axes locks out, through the database, for all processes
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = SITE_NAME
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_FORM_FIELD = "login"
AXES_USERNAME_CALLABLE = "wangge.config.edge.claimed_login"
AXES_LOCKOUT_CALLABLE = "wangge.config.edge.locked_out"
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "wangge.config.edge.client_ip"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "wangge_language"
LOCALE_PATHS = [ROOT / "wangge/config/locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
FONTS_DIR = VAR / "fonts"  # for printed sheets; put there by the set-up
STATICFILES_DIRS = [ROOT / "frontend/dist"] if (ROOT / "frontend/dist").is_dir() else []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MANIFEST_STRICT = False
MEDIA_DIR = Path(os.environ.get("WANGGE_DATA_DIR", VAR / "media"))
PHOTO_MAX_BYTES = 12 * 1024 * 1024
PHOTO_MAX_PIXELS = 50_000_000
# A slow upload keeps a thread of the web server waiting: so many at once in one process, of its eight threads.
UPLOADS_AT_ONCE = int(os.environ.get("WANGGE_UPLOADS_AT_ONCE", "4"))
# Of a hundred passed verifications so many are drawn for a second, blind check; never fewer than ten.
SECOND_CHECK_PERCENT = max(10, min(100, int(os.environ.get("WANGGE_SECOND_CHECK_PERCENT", "10"))))
# So many different persons an account may look at in a day, before it is stopped and the privacy officer told.
WANGGE_PERSONS_A_DAY = int(os.environ.get("WANGGE_PERSONS_A_DAY", "50"))
# Searches for lost persons by one account, without a second factor: an hour, and a night of 12 hours.
WANGGE_RESCUES_AN_HOUR = int(os.environ.get("WANGGE_RESCUES_AN_HOUR", "5"))
WANGGE_RESCUES_A_NIGHT = int(os.environ.get("WANGGE_RESCUES_A_NIGHT", "10"))
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # a form or a JSON body; photos go one by one, streamed
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 300

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "style-src": [SELF],
        "script-src": [SELF],
        "worker-src": [SELF, "blob:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "wangge_session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "wangge_csrf"
CSRF_FAILURE_VIEW = "wangge.config.edge.csrf_failed"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

PROCRASTINATE_WORKER_DEFAULTS = {
    "concurrency": 4,
    "fetch_job_polling_interval": 1.0,
    "update_heartbeat_interval": HEARTBEAT_SECONDS,
    "stalled_worker_timeout": SILENT_SECONDS,
    "shutdown_graceful_timeout": 10,
}
WANGGE_REACTIONS = "wangge.config.reactions.REACTIONS"
WANGGE_CONTRIBUTIONS = "wangge.config.contributions.CONTRIBUTIONS"
QUIET_FROM = os.environ.get("WANGGE_QUIET_FROM", "20:00")  # outside channels carry only urgent messages at night
QUIET_TO = os.environ.get("WANGGE_QUIET_TO", "08:00")
TILE_URL = os.environ.get("WANGGE_TILE_URL", "")  # "https://…/{z}/{x}/{y}?tk={key}", fetched by our server
TILE_KEY = os.environ.get("WANGGE_TILE_KEY", "")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "wangge.config.logs.JsonFormatter"}},
    "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["out"], "level": os.environ.get("WANGGE_LOG_LEVEL", "INFO")},
    "loggers": {
        "procrastinate": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
    },
}

"""Every setting of the product, read from the environment, top to bottom; decides nothing that is not written here.

Production refuses to start with a missing or a default secret. `.env.example` explains each variable.
"""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ
from django.core.exceptions import ImproperlyConfigured

from config.brokers import celery_url
from config.csp import PRODUCT
from config.logs import start_structlog
from config.mail import provider_settings
from tenants.networks import read_networks

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- Where we are -----------------------------------------------------------------------------------------
ENVIRONMENT: str = env.str("ENVIRONMENT", default="development")
if ENVIRONMENT not in {"development", "test", "production"}:
    raise ImproperlyConfigured("ENVIRONMENT must be development, test or production.")
IS_PRODUCTION = ENVIRONMENT == "production"
DEBUG = False  # an error page of Django's would show what must not be seen; logs say what went wrong


def _required(name: str) -> str:
    """The variable's value; outside of manage.py and make the embedded defaults are not there to help."""
    value: str = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. Use make or manage.py, or see .env.example.")
    if IS_PRODUCTION and ("change-me" in value or "insecure" in value):
        raise ImproperlyConfigured(f"{name} still has its example value.")
    return value


# --- Secrets ----------------------------------------------------------------------------------------------
SECRET_KEY = _required("SECRET_KEY")
KEY_ENCRYPTION_KEY = _required("KEY_ENCRYPTION_KEY")  # base64 of 32 bytes; wraps caller keys and provider secrets

# --- Checkpoints of the audit trails (docs/audit.md) ------------------------------------------------------
# base64 of 32 bytes. Only the worker has it, so that nobody who takes over the web server can sign; without it there
# are no checkpoints, and /readyz says so.
AUDIT_SIGNING_KEY: str = env.str("AUDIT_SIGNING_KEY", default="")
if IS_PRODUCTION and AUDIT_SIGNING_KEY:
    _required("AUDIT_SIGNING_KEY")
AUDIT_CHECKPOINT_FILE: str = env.str("AUDIT_CHECKPOINT_FILE", default="")  # a line each, where nothing is overwritten
AUDIT_CHECKPOINT_EMAIL: str = env.str("AUDIT_CHECKPOINT_EMAIL", default="")  # one a day

# --- Addresses --------------------------------------------------------------------------------------------
PUBLIC_URL: str = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
IS_HTTPS = PUBLIC_URL.startswith("https://")
# Exactly one proxy, of ours, which writes X-Forwarded-Proto and the last address of X-Forwarded-For.
BEHIND_PROXY: bool = env.bool("BEHIND_PROXY", default=False)
# Servers on a network that nobody else is on, such as the containers of one machine: no TLS is asked of them.
PRIVATE_HOSTS: list[str] = env.list("PRIVATE_HOSTS", default=[])
if IS_PRODUCTION and not IS_HTTPS:
    raise ImproperlyConfigured("PUBLIC_URL must be an https address in production.")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
# The admin pages of platform staff: their path, and optionally the only host name and networks where they are found.
ADMIN_PATH: str = env.str("ADMIN_PATH", default="admin/").strip("/") + "/"
ADMIN_HOST: str = env.str("ADMIN_HOST", default="").lower()
ADMIN_IDLE_SECONDS = 30 * 60
try:
    ADMIN_NETWORKS = read_networks(env.list("ADMIN_NETWORKS", default=[]))
except ValueError as error:
    raise ImproperlyConfigured(f"ADMIN_NETWORKS: {error}.") from error
if ADMIN_HOST:
    ALLOWED_HOSTS = [*ALLOWED_HOSTS, ADMIN_HOST]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

# --- Applications -----------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django.contrib.humanize",  # allauth's list of sessions reads "an hour ago" from it
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
    "config.apps.WiringConfig",
    "tenants",
    "calls",
    "attribution",
    "retention",
]

MIDDLEWARE = [
    "config.middleware.RequestLine",
    "config.middleware.HouseHeaders",
    "calls.middleware.WebhookFirst",  # webhooks need no session, no CSRF token and no policy for pages
    "config.csp.PagePolicy",  # around all that may answer with a page, a refused host name included
    "tenants.middleware.ShortAddresses",  # from here on nobody sees a whole address
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # pads at random, and CSRF tokens are masked: nothing for BREACH
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.NeedsNoSession",
    "config.middleware.RefuseCrossSite",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tenants.middleware.SessionLimits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tenants.middleware.NoStoreWhenSignedIn",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- Databases --------------------------------------------------------------------------------------------
# `default` is the application's restricted role; `owner` runs migrations and is not known to web and worker in
# production. The keystore is another database, so that a dump of the application holds no caller key.
DB_POOL: dict[str, Any] = {
    "min_size": 1,
    "max_size": env.int("DATABASE_POOL_SIZE", default=12),
    "timeout": 2,  # with the database away the answer is 503 soon, not a queue of waiting requests
    # The pool doubles its pause after each failure, up to minutes. Giving up early, it tries anew with the next request
    # and is back a second after the database is.
    "reconnect_timeout": 2,
}


def _database(name: str, *, pool: bool) -> dict[str, Any]:
    options: dict[str, Any] = {"connect_timeout": 5}
    if pool:
        options["pool"] = DB_POOL
    config: dict[str, Any] = dict(env.db_url(name))
    config["HOST"] = unquote(config.get("HOST") or "")  # a socket directory: postgres://role@%2Fpath/name
    config.setdefault("OPTIONS", {}).update(options)
    # A connection is tried before it is used: after a restart of the database nobody meets a dead one from the pool.
    config["CONN_HEALTH_CHECKS"] = True
    # The database may stand behind PgBouncer in transaction mode: a server-side cursor outlives a transaction.
    config["DISABLE_SERVER_SIDE_CURSORS"] = True
    return config


_required("DATABASE_URL")
_required("KEYSTORE_DATABASE_URL")
DATABASES: dict[str, dict[str, Any]] = {
    "default": _database("DATABASE_URL", pool=True),
    "keystore": _database("KEYSTORE_DATABASE_URL", pool=False),
}
if env.str("DATABASE_OWNER_URL", default=""):
    DATABASES["owner"] = _database("DATABASE_OWNER_URL", pool=False)
if env.str("KEYSTORE_OWNER_URL", default=""):
    DATABASES["keystore_owner"] = _database("KEYSTORE_OWNER_URL", pool=False)
DATABASE_ROUTERS = ["config.routers.KeystoreRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Sign-in limits count here: kept in PostgreSQL, they survive a restart and need no broker.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "tenants_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},  # with Django's 300 a few hundred made-up addresses push out all counts
    }
}

# --- Broker: wakes workers up and holds nothing that is not in PostgreSQL -------------------------------
REDIS_URL = _required("REDIS_URL")
CELERY_BROKER_URL = celery_url(REDIS_URL)
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
# Acknowledged on receipt: the work is in PostgreSQL and the next sweep finds what a killed worker left. Late
# acknowledgement would only add the broker's redelivery, and takes a worker down that lost its connection meanwhile.
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_TIME_LIMIT = 15 * 60
WORKER_QUIET_SECONDS: int = env.int("WORKER_QUIET_SECONDS", default=60)  # then a worker that leaves work ends itself
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "visibility_timeout": 20 * 60,
    # A web request that wakes a worker gives up at once when the broker is away: the sweep finds the work later.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
    **({"global_keyprefix": env.str("REDIS_PREFIX")} if env.str("REDIS_PREFIX", default="") else {}),
}
RECONCILE_HOURS: int = env.int("RECONCILE_HOURS", default=4)  # how often phone systems are asked for lost calls
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "sweep-changes": {
        "task": "attribution.tasks.sweep_changes",
        "schedule": timedelta(seconds=2),
        "options": {"expires": 4},  # a worker that was away finds one sweep to do, not a thousand
    },
    "send-messages": {
        "task": "attribution.tasks.send_messages",
        "schedule": timedelta(seconds=2),
        "options": {"expires": 4},
    },
    "send-digests": {
        "task": "attribution.tasks.send_digests",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "reconcile-calls": {  # webhooks get lost; the next rounds ask for the last 48 hours
        "task": "calls.tasks.reconcile_calls",
        "schedule": timedelta(hours=RECONCILE_HOURS),
    },
    "fetch-due-calls": {
        "task": "calls.tasks.fetch_due_calls",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 50},
    },
    "make-partitions": {
        "task": "calls.tasks.make_weeks_ahead",
        "schedule": timedelta(hours=6),
    },
    "check-silence": {
        "task": "calls.tasks.check_silence",
        "schedule": timedelta(minutes=10),
    },
    "close-books": {
        "task": "attribution.tasks.close_books",
        "schedule": timedelta(hours=6),
    },
    "read-booking-systems": {  # those that are due, each every few minutes
        "task": "attribution.tasks.read_due_booking_systems",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 50},
    },
    "purge": {
        "task": "retention.tasks.purge_if_due",
        "schedule": timedelta(minutes=10),
    },
    "audit-checkpoint": {  # one an hour; asked for more often, so that a restart of beat makes none late
        "task": "tenants.tasks.make_audit_checkpoint",
        "schedule": timedelta(minutes=5),
    },
}
# `calls` leaves work behind and does not know who takes it up; the name is wired here.
CHANGES_WAKE_TASK = "attribution.tasks.attribute_clinic"
# Messages of booking systems come through the same door as those of phone systems; who takes them, by the kind in the
# address.
BOOKING_HOOKS = {"calendly": "attribution.hooks"}
# `tenants` does not know who counts by a clinic's days; called with `clinic_id` and `now` when its zone is another one.
ZONE_CHANGE_SERVICE = "attribution.services.recount_open_days"

# --- People -----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "tenants.passwords.LongEnough"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Everybody who must have a second factor (admins, support, platform staff) is led to add one before anything else. The
# demonstration of `make run` does not ask: nobody wants to scan a code to look at a made-up clinic.
TWO_FACTORS_REQUIRED: bool = env.bool("TWO_FACTORS_REQUIRED", default=IS_PRODUCTION)
PASSWORD_RESET_TIMEOUT = 2 * 60 * 60
ACCOUNT_ADAPTER = "tenants.accounts.Accounts"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # accounts are made by invitation, sign-up is closed
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False  # a link in a mail is one factor and lets nobody in
# "ip" is the network (tenants.middleware), "key" the SHA-256 of the address that was typed, known or not.
ACCOUNT_RATE_LIMITS = {
    "login": "10/m/ip",
    "login_failed": "10/m/ip,5/300s/key",
    "reset_password": "10/m/ip,5/m/key,10/h/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    "passkey_asked": "30/m/ip",
}
MFA_ADAPTER = "tenants.accounts.SecondFactors"
MFA_FORMS = {
    "activate_totp": "tenants.forms.two_factors.AddAuthenticatorApp",
    "authenticate": "tenants.forms.two_factors.SignInByCode",
    "reauthenticate": "tenants.forms.two_factors.ConfirmByCode",
    "login_webauthn": "tenants.forms.two_factors.SignInByPasskey",
    "authenticate_webauthn": "tenants.forms.two_factors.AddPasskeyToPassword",
    "reauthenticate_webauthn": "tenants.forms.two_factors.ConfirmByPasskey",
    "add_webauthn": "tenants.forms.two_factors.AddPasskey",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Ringback"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_HTTPS  # of this machine only: browsers know no passkey elsewhere
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

# --- Cookies: session and CSRF, nothing else --------------------------------------------------------------
SESSION_COOKIE_NAME = "__Host-session" if IS_HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if IS_HTTPS else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = 24 * 60 * 60  # without a request; see tenants.middleware.SessionLimits for what follows
SESSION_BEAT = 10 * 60
SESSION_LONGEST = 7 * 24 * 60 * 60
CSRF_COOKIE_AGE = None
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # a third cookie would be one too many

# --- Headers ----------------------------------------------------------------------------------------------
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # probed from inside, without TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY: dict[str, Any] = {"DIRECTIVES": PRODUCT}  # `config.csp` decides who gets another one
CSRF_FAILURE_VIEW = "config.errors.refuse_csrf"

# --- What a request may bring -----------------------------------------------------------------------------
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # a list of 1,000 API objects is about 300 KB
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 5
UPLOAD_MAX_SIZE = 10 * 1024 * 1024  # all files of one request; about 100,000 calls as CSV
FILE_UPLOAD_HANDLERS = ["config.uploads.MemoryOnly"]  # nothing is spooled: a file may be full of numbers

# --- Language, time, files --------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"  # the clinic's own zone is activated by its scope
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles" if IS_PRODUCTION else None  # elsewhere they are served from where they are
WHITENOISE_USE_FINDERS = not IS_PRODUCTION
WHITENOISE_ALLOW_ALL_ORIGINS = False  # nobody else's page needs our files
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # no upload is ever written to disk
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IS_PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# --- Mail -------------------------------------------------------------------------------------------------
EMAIL_CONFIG: dict[str, Any] = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
# Instead of a mail server: a provider's API (config.mail lists them).
if env.str("MAIL_PROVIDER", default=""):
    _key, _api_url = env.str("MAIL_PROVIDER_KEY", default=""), env.str("MAIL_PROVIDER_URL", default="")
    vars().update(provider_settings(env.str("MAIL_PROVIDER"), _key, _api_url))
EMAIL_TIMEOUT = 10  # seconds: somebody waits for the answer of the mail server
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="Ringback <ringback@localhost>")

# --- Who runs this: shown by the public pages, and asked for by `check --deploy` ---------------------------------
LEGAL_NAME: str = env.str("LEGAL_NAME", default="" if IS_PRODUCTION else "Ringback demonstration")
LEGAL_ADDRESS: str = env.str("LEGAL_ADDRESS", default="" if IS_PRODUCTION else "This machine, for demonstration only")
ICO_REGISTRATION: str = env.str("ICO_REGISTRATION", default="" if IS_PRODUCTION else "none (demonstration)")
SUPPORT_EMAIL: str = env.str("SUPPORT_EMAIL", default="" if IS_PRODUCTION else "support@demonstration.localhost")
PRIVACY_EMAIL: str = env.str("PRIVACY_EMAIL", default="" if IS_PRODUCTION else "privacy@demonstration.localhost")
SECURITY_EMAIL: str = env.str("SECURITY_EMAIL", default="" if IS_PRODUCTION else "security@demonstration.localhost")
VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]

# --- REST API ---------------------------------------------------------------------------------------------
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["tenants.api.ApiKeyAuthentication", "tenants.api.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["tenants.api.MayAsk"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["tenants.api.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "tenants.api.problem_details",
    "DEFAULT_THROTTLE_CLASSES": ["tenants.api.ClientThrottle"],  # how often: tenants.throttles
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Ringback API",
    "DESCRIPTION": "Calls and appointments in; opportunities and metrics out. Phone numbers are write-only.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "SCHEMA_PATH_PREFIX": "/api/v[0-9]",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [],  # words stand where they are used, instead of in components with guessed names
}

# --- Logs: no number, no token, no body -------------------------------------------------------------------
# DEBUG, INFO, WARNING or ERROR. Outside of production a line for each request is shown with DEBUG only: a page that
# refreshes itself would bury everything else.
LOG_LEVEL: str = env.str("LOG_LEVEL", default="INFO")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"masked": {"()": "config.logs.MaskingFormatter", "is_json": IS_PRODUCTION}},
    "handlers": {"stderr": {"class": "config.logs.QuietHandler", "formatter": "masked"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "ringback.request": {"level": LOG_LEVEL if IS_PRODUCTION or LOG_LEVEL == "DEBUG" else "WARNING"},
        "django": {"handlers": [], "propagate": True},
        # What was refused has its line by `ringback.request`.
        "django.request": {"level": "ERROR"},
        "django.security.csrf": {"level": "ERROR"},
        "django.server": {"handlers": [], "propagate": True, "level": "CRITICAL"},  # its lines hold whole addresses
        "celery": {"level": "WARNING"},  # a line for each sweep would be one every two seconds
        "_granian": {"handlers": [], "propagate": True},
    },
}
start_structlog()
# Errors are reported to a service that speaks Sentry's protocol when it has an address; nothing is loaded without one.
SENTRY_DSN: str = env.str("SENTRY_DSN", default="")

# --- Asking other systems (tenants.outbound) ------------------------------------------------------------------
# Only addresses of the public internet are asked, over https. Systems inside, such as a booking server in the network
# of the operator, must be named here as `host:port`; they may speak http.
OUTBOUND_INNER_HOSTS: list[str] = env.list("OUTBOUND_INNER_HOSTS", default=[])  # phone and booking systems
WEBHOOK_INNER_HOSTS: list[str] = env.list("WEBHOOK_INNER_HOSTS", default=[])  # receivers of any clinic's webhooks
# Where phone and booking systems are asked instead of at their makers', as JSON: {"twilio": "https://…"}. For systems
# that speak the same and for tests.
PROVIDER_API_URLS: dict[str, str] = env.json("PROVIDER_API_URLS", default={})

# --- Retention --------------------------------------------------------------------------------------------
MAX_RETENTION_DAYS = 90

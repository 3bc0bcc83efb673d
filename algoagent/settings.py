"""Django's settings, derived from the typed environment."""

from datetime import timedelta
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF

from algoagent.environment import ROOT, Environment, unknown_names
from algoagent.slots import EachSlot

ENVIRONMENT = Environment()
UNKNOWN_ENVIRONMENT_NAMES = unknown_names()

BASE_DIR = ROOT
DATA_DIR: Path = ENVIRONMENT.data_dir.resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = ENVIRONMENT.debug
SECRET_KEY = ENVIRONMENT.secret_key.get_secret_value() or "only-for-development-" + "x" * 32
ALLOWED_HOSTS = ENVIRONMENT.allowed_hosts
TRUSTED_PROXIES = [str(network) for network in ENVIRONMENT.trusted_proxies]
CSRF_TRUSTED_ORIGINS = ENVIRONMENT.csrf_trusted_origins
REDIS_URL = ENVIRONMENT.redis_url.get_secret_value()

INSTALLED_APPS = [
    # First, so that their templates stand before the admin's own.
    "strategy_api.common",
    "strategy_api.accounts",
    "strategy_api.runs",
    "strategy_api.llm",
    "strategy_api.market",
    "strategy_api.strategies",
    "strategy_api.agents",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "corsheaders",
    "csp",
]

MIDDLEWARE = [
    # First: nothing that a client claims of its address or scheme reaches the others.
    "strategy_api.common.proxies.TrustedProxyMiddleware",
    "strategy_api.common.middleware.RequestIdMiddleware",
    "strategy_api.common.middleware.CompressionMiddleware",
    "strategy_api.common.middleware.OptionalSlashMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "strategy_api.common.middleware.ApiHeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "strategy_api.common.middleware.AdminQueryMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "algoagent.urls"
WSGI_APPLICATION = "algoagent.wsgi.application"
ASGI_APPLICATION = "algoagent.asgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

if ENVIRONMENT.database_url.get_secret_value():
    DATABASES = {"default": dj_database_url.parse(ENVIRONMENT.database_url.get_secret_value())}
    # A pool and no persistent connections: the threads of an ASGI server come and go, a connection each would stay.
    DATABASES["default"] |= {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        {"connect_timeout": 3, "pool": {"min_size": 1, "max_size": ENVIRONMENT.database_pool_size, "timeout": 5}}
    )
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(DATA_DIR / "algoagent.sqlite3"),
            # One writer at a time, readers never wait: without these three, two in five writes of five concurrent
            # processes ended in "database is locked".
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    }
# Tokens are our own model; knox's migrations would leave a table behind that nothing uses.
MIGRATION_MODULES = {"knox": None}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# Guessing passwords, in the admin or for a token: after a few failures of a name from an address, wait. The first
# backend looks at names, addresses and all of them together, and counts before it looks; the second keeps the record.
AUTHENTICATION_BACKENDS = [
    "strategy_api.accounts.guesses.GuessLimitBackend",
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_FAILURE_LIMIT = ENVIRONMENT.login_failures_limit
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_CLIENT_IP_CALLABLE = "strategy_api.common.proxies.client_address"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "strategy_api.common.error_views.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
if not DEBUG:
    # Sent over HTTPS only, so it costs nothing where there is none.
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
if ENVIRONMENT.secure_transport and not DEBUG:
    SECURE_SSL_REDIRECT = True
    # Probes come from inside, past the proxy that ends TLS.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

CORS_ALLOWED_ORIGINS = ENVIRONMENT.cors_allowed_origins
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = [
    *("accept", "authorization", "content-type", "idempotency-key", "if-match", "if-none-match"),
    *("last-event-id", "prefer", "x-request-id"),
]
CORS_EXPOSE_HEADERS = [
    *("ETag", "Idempotent-Replayed", "Link", "Location", "Preference-Applied", "RateLimit-Limit"),
    *("RateLimit-Policy", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After", "X-Request-Id"),
]

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    # The default of 300 entries would let a stranger push out what is counted about them.
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 100_000}}
}
LOGIN_FAILURES_LIMIT = ENVIRONMENT.login_failures_limit
# Requests a minute, by user and kind of work.
RATE_LIMITS = ENVIRONMENT.rate_limits

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "strategy_api.accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["strategy_api.accounts.permissions.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["strategy_api.accounts.throttling.RateLimit"],
    "DEFAULT_PARSER_CLASSES": ["strategy_api.common.parsers.LimitedJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["strategy_api.common.renderers.StrictJSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "strategy_api.common.pagination.Keyset",
    "DEFAULT_SCHEMA_CLASS": "strategy_api.common.openapi.schema.Schema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "strategy_api.common.problems.handle",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "PAGE_SIZE": 50,
}

KNOX_TOKEN_MODEL = "accounts.Token"  # noqa: S105  # a model's name
REST_KNOX = {
    "AUTH_HEADER_PREFIX": "Token",
    "TOKEN_TTL": timedelta(days=90),
}

SPECTACULAR_SETTINGS = {
    "TITLE": "AlgoAgent",
    "DESCRIPTION": "Plain English in; a trading strategy that runs, with numbers that can be believed, out.",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    # In the order in which a newcomer needs them; what is for staff comes last.
    "TAGS": [
        {"name": "strategies", "description": "Write, backtest, repair and compare strategies."},
        {"name": "runs", "description": "What was asked for, how it goes, and what came of it."},
        {"name": "executions", "description": "Backtests: metrics, trades, equity, report."},
        {"name": "data", "description": "Market data: symbols, bars, your own files."},
        {"name": "tokens", "description": "Your tokens."},
        {"name": "tickets", "description": "Admission to a socket."},
        {"name": "me", "description": "Who you are."},
        {"name": "budget", "description": "For staff: what language models may cost."},
        {"name": "keys", "description": "For staff: the health of the keys of language models."},
    ],
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": True, "filter": True},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "strategy_api.common.openapi.postprocess.complete",
    ],
    "SCHEMA_PATH_PREFIX": "/api/",
    "ENUM_NAME_OVERRIDES": {
        "RunState": "strategy_api.runs.choices.RunState",
        **{
            name: f"strategy_api.strategies.choices.{name}"
            for name in ("StrategyStatus", "ExecutionStatus", "VersionOrigin", "FixHow")
        },
    },
}

# Asked when a key is needed: no setting holds one.
SECRET_STORE = ENVIRONMENT.secret_store(ROOT / ".env")

# The life of a run.
RUN_LEASE = timedelta(seconds=ENVIRONMENT.run_lease_seconds)
RUN_MAX_ATTEMPTS = ENVIRONMENT.run_max_attempts
QUEUED_RUNS_LIMIT = ENVIRONMENT.queued_runs_limit
WORKER_NICENESS = ENVIRONMENT.worker_niceness
STREAMS_LIMIT = ENVIRONMENT.streams_limit
SOCKETS_PER_USER = ENVIRONMENT.sockets_per_user
TOPICS_PER_SOCKET = ENVIRONMENT.topics_per_socket
SOCKET_MESSAGES_PER_SECOND = ENVIRONMENT.socket_messages_per_second
SOCKET_MESSAGE_BYTES = ENVIRONMENT.socket_message_bytes
KEEP_EVENTS = timedelta(days=ENVIRONMENT.keep_events_days)
KEEP_CURVES = timedelta(days=ENVIRONMENT.keep_curves_days)
BODY_LIMIT_BYTES = ENVIRONMENT.body_limit_bytes
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_LIMIT_BYTES
TOKENS_LIMIT = 100
UPLOAD_LIMIT_BYTES = ENVIRONMENT.upload_limit_bytes
IMPORTS_DIR = DATA_DIR / "imports"

CELERY_BROKER_URL = REDIS_URL or "algoagent-directory://localhost"
CELERY_TASK_DEFAULT_QUEUE = "maintenance"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
# A message is given back only when its work is over, so a killed worker's message is delivered again; the claim on
# the run's row makes a second delivery harmless.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# The directory broker serves no broadcasts.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = bool(REDIS_URL)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TASK_TIME_LIMIT = 600
# A publish that hangs would hold the user's request; a failed one is made good by the sweeper.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "visibility_timeout": 900,  # above the hard time limit, or a long task would be delivered twice
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
    }
    if REDIS_URL
    else {"directory": str(DATA_DIR / "broker"), "polling_interval": 0.05}
)
SWEEP_EVERY = timedelta(seconds=ENVIRONMENT.sweep_seconds)
THIN_EVERY = timedelta(hours=6)
# A tick that nobody fetched in time is worthless: the next one does the same work.
CELERY_BEAT_SCHEDULE = {
    name: {
        "task": f"strategy_api.runs.tasks.{name}",
        "schedule": EachSlot(every),
        "options": {"expires": 2 * every.total_seconds()},
    }
    for name, every in (("sweep", SWEEP_EVERY), ("thin", THIN_EVERY))
}

if ENVIRONMENT.sentry_dsn.get_secret_value():
    import sentry_sdk

    # Neither request bodies nor local variables: both can hold prompts, code and keys.
    sentry_sdk.init(
        dsn=ENVIRONMENT.sentry_dsn.get_secret_value(),
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
    )

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"where": {"()": "strategy_api.common.log_context.ContextFilter"}},
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} [{request_id} {run_id}] {message}", "style": "{"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "{asctime}{levelname}{name}{message}{request_id}{run_id}{process}",
            "style": "{",
            "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
        },
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": ENVIRONMENT.log_format, "filters": ["where"]}
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "strategy_api": {"level": ENVIRONMENT.log_level},
        "backtest_engine": {"level": ENVIRONMENT.log_level},
        "algoagent": {"level": ENVIRONMENT.log_level},
    },
}

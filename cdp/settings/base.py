"""What every deployment shares. Values that differ come from the environment."""

import json
import os
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from cdp.kernel import roles

ROOT = Path(__file__).resolve().parent.parent.parent
VAR = Path(os.environ.get("CDP_VAR", ROOT / "var"))

DEMO = os.environ.get("CDP_DEMO") == "1"
DEBUG = False


def secret(name: str) -> str:
    """Return a secret from the environment or from the file that `<name>_FILE` names."""
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text().strip()
    return os.environ.get(name, "")


def launched(name: str) -> dict[str, object]:
    """Return a document that the launcher wrote under var/, or an empty one."""
    path = VAR / name
    return json.loads(path.read_text()) if path.exists() else {}


SECRET_KEY = secret("CDP_SECRET_KEY") or str(launched("secrets.json").get("secret_key", ""))
# Former keys, newest first: what they signed is still believed, new things are not signed by them.
SECRET_KEY_FALLBACKS = secret("CDP_SECRET_KEY_FALLBACKS").split()
KEYRING = Path(os.environ.get("CDP_KEYRING", VAR / "keys" / "keyring.json"))
# Where the keyring is kept: file, env, vault-transit or aws-kms (`cdp.kernel.keyring.PROVIDERS`).
KEY_PROVIDER = os.environ.get("CDP_KEY_PROVIDER", "file")
KEY_SERVICE = {
    "CDP_VAULT_ADDR": os.environ.get("CDP_VAULT_ADDR", ""),
    "CDP_VAULT_TOKEN": secret("CDP_VAULT_TOKEN"),
    "CDP_VAULT_KEY": os.environ.get("CDP_VAULT_KEY", ""),
    "CDP_VAULT_MOUNT": os.environ.get("CDP_VAULT_MOUNT", "transit"),
    "CDP_KMS_KEY": os.environ.get("CDP_KMS_KEY", ""),
    "CDP_KMS_REGION": os.environ.get("CDP_KMS_REGION", ""),
    "CDP_KMS_ENDPOINT": os.environ.get("CDP_KMS_ENDPOINT", ""),
}
PUBLIC_URL = os.environ.get("CDP_PUBLIC_URL", "http://127.0.0.1:8000")
PUBLIC_HOST = urlsplit(PUBLIC_URL).hostname or ""
# A host of its own for the console; the portal is then at the public one alone (`cdp.hosts`).
CONSOLE_HOST = os.environ.get("CDP_CONSOLE_HOST", "")
ALLOWED_HOSTS = [
    *os.environ.get("CDP_ALLOWED_HOSTS", "127.0.0.1,localhost").split(","),
    *filter(None, (PUBLIC_HOST, CONSOLE_HOST)),
]
# Where to report a weakness of this deployment, as security.txt says it: mailto: or https:
SECURITY_CONTACT = os.environ.get("CDP_SECURITY_CONTACT", "")
# How many proxies of ours stand in front; their entries of X-Forwarded-For are believed.
TRUSTED_PROXIES = int(os.environ.get("CDP_TRUSTED_PROXIES", "0"))
# Where the public address is HTTPS, cookies and headers follow.
SECURE = PUBLIC_URL.startswith("https:")

# ── Database: one login per door; a process gets only its own ────────────────────────────────
COMMAND = sys.argv[1] if len(sys.argv) > 1 else ""
PROCESS = os.environ.get("CDP_PROCESS", roles.COMMAND_PROCESS.get(COMMAND, roles.DEFAULT_PROCESS))


def database(dsn: str) -> dict[str, object]:
    """Return Django's settings for a PostgreSQL address; a socket folder may stand as host."""
    parts = urlsplit(dsn)
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    options: dict[str, object] = {"application_name": f"candor-{PROCESS}"}
    if PROCESS == "migrate":
        options["options"] = f"-c role={roles.Role.OWNER}"
    return {
        "ENGINE": "cdp.kernel.postgres",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.get("host", parts.hostname or "")),
        "PORT": str(parts.port or query.get("port", "")),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def dsn_by_role() -> dict[str, str]:
    """Return one address per role: the process's own from the environment, else the file."""
    if text := secret("CDP_DSNS"):
        return dict(json.loads(text))
    return {key: str(value) for key, value in launched("dsn.json").items()}


_DSNS = dsn_by_role()
DATABASES = {
    alias: database(_DSNS.get(role, "postgresql://localhost/candor"))
    for alias, role in roles.PROCESSES[PROCESS].items()
}
DATABASE_ROUTERS = ["cdp.kernel.database.Router"]
DATABASE_ROLE_BY_SET_ROLE = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ── Valkey: broker in 0, live state in 1 ─────────────────────────────────────────────────────
VALKEY_URL = (
    secret("VALKEY_URL")
    or secret("REDIS_URL")
    or str(launched("secrets.json").get("valkey_url", "redis://127.0.0.1:6379"))
)

# ── The house ────────────────────────────────────────────────────────────────────────────────
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "cdp.apps.Cdp",
    "cdp.kernel.apps.Kernel",
    "cdp.accounts.apps.Accounts",
    "audit.apps.Audit",
    "cdp.approvals.apps.Approvals",
    "consent.apps.Consent",
    "profiles.apps.Profiles",
    "campaigns.apps.Campaigns",
]
AUTH_USER_MODEL = "accounts.Operator"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "cdp.headers.HeadersMiddleware",
    "cdp.hosts.HostMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "cdp.doors.DoorMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "cdp.account.gate.OperatorGate",
    "cdp.console.access.WorkspaceMiddleware",
]
ROOT_URLCONF = "cdp.urls"
WSGI_APPLICATION = "cdp.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "template_partials.templatetags.partials",
                "django.templatetags.i18n",
                "django.templatetags.static",
                "cdp.templatetags.display",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "cdp.doors.frame",
            ],
        },
    }
]
FORM_RENDERER = "cdp.forms.Renderer"

# ── Sign-in ──────────────────────────────────────────────────────────────────────────────────
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
     "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]  # fmt: skip
LOGIN_URL = "/account/signin/"
LOGIN_REDIRECT_URL = "/console/"
LOGOUT_REDIRECT_URL = "/account/signin/"
# A second step for every operator before anything else; the demo offers it.
REQUIRE_TWO_STEP = os.environ.get("CDP_REQUIRE_TWO_STEP", "0" if DEMO else "1") == "1"
ACCOUNT_ADAPTER = "cdp.account.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "cdp.account.adapters.display"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # whoever makes an operator knows the address
ACCOUNT_LOGIN_TIMEOUT = 300
ACCOUNT_RATE_LIMITS = False  # `cdp.accounts.limits` counts, under keyed digests
MFA_RATE_LIMITS = False
MFA_ADAPTER = "cdp.account.adapters.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Candor"
MFA_TOTP_TOLERANCE = 0
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE  # http://localhost; browsers allow no other
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_REAUTHENTICATION_REQUIRED = False  # `cdp.console.step_up` asks, for everything alike
# One-time codes are single-use by an entry here, so all processes share it.
CACHES = {"default": {"BACKEND": "cdp.kernel.shared_cache.SharedCache", "KEY_PREFIX": "cache"}}
SESSION_ENGINE = "cdp.accounts.session_store"
_OF_THIS_HOST = "__Host-" if SECURE else ""  # no other host and no plain HTTP can set it
SESSION_COOKIE_NAME = f"{_OF_THIS_HOST}candor_console"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = SECURE
SESSION_COOKIE_SAMESITE = "Lax"
# In a cookie: a customer's page must not ask for the session of an operator in the same browser.
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
CSRF_COOKIE_NAME = f"{_OF_THIS_HOST}candor_csrf"
CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = True
THEME_COOKIE_NAME = f"{_OF_THIS_HOST}candor_theme"
LANGUAGE_COOKIE_NAME = f"{_OF_THIS_HOST}candor_language"
PASSWORD_RESET_TIMEOUT = 600
CSRF_FAILURE_VIEW = "cdp.doors.csrf_failure"
SECURE_HSTS_SECONDS = 31536000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
APPEND_SLASH = False
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "frame-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "report-uri": "/csp-report",
    }
}

# ── Language, time, files ────────────────────────────────────────────────────────────────────
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [ROOT / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [ROOT / "cdp" / "static"]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]  # ours alone
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# ── Mail: one SMTP relay; the demo starts its own mailbox ────────────────────────────────────
SMTP_HOST = os.environ.get("CDP_SMTP_HOST", "127.0.0.1")
SMTP_PORT = int(os.environ.get("CDP_SMTP_PORT", "1025"))
SMTP_SENDER = os.environ.get("CDP_SMTP_SENDER", "Candor demo shop <hello@shop.example>")
# none, starttls or tls. Left out: none on this machine, starttls to any other.
SMTP_SECURITY = os.environ.get("CDP_SMTP_SECURITY") or (
    "none" if SMTP_HOST in ("127.0.0.1", "::1", "localhost") else "starttls"
)
if SMTP_SECURITY not in ("none", "starttls", "tls"):
    raise ImproperlyConfigured("CDP_SMTP_SECURITY is none, starttls or tls.")
SMTP_USER = os.environ.get("CDP_SMTP_USER", "")
SMTP_PASSWORD = secret("CDP_SMTP_PASSWORD")
if SMTP_USER and SMTP_SECURITY == "none":
    raise ImproperlyConfigured("CDP_SMTP_USER needs CDP_SMTP_SECURITY starttls or tls.")
SMTP_CA_FILE = os.environ.get("CDP_SMTP_CA_FILE", "")
MAILBOX_DIR = Path(os.environ.get("CDP_MAILBOX_DIR", VAR / "mailbox"))

# ── Requests that we make: webhooks, imports, witnesses ──────────────────────────────────────
# host:port of our own network that may be asked, over plain HTTP too; all others are public HTTPS
OUTGOING_INTERNAL = frozenset(filter(None, os.environ.get("CDP_OUTGOING_INTERNAL", "").split(",")))
# a PEM file of authorities to believe instead of the usual ones
OUTGOING_CA_FILE = os.environ.get("CDP_OUTGOING_CA_FILE", "")

# ── How many requests a minute; 0 counts nothing ─────────────────────────────────────────────
API_PER_MINUTE = int(os.environ.get("CDP_API_PER_MINUTE", "600"))
TRACKING_PER_SOURCE = int(os.environ.get("CDP_TRACKING_PER_SOURCE", "60000"))
TRACKING_PER_ADDRESS = int(os.environ.get("CDP_TRACKING_PER_ADDRESS", "12000"))

# ── Audit log: a witness that signs its checkpoints (C2SP tlog-witness); none by default ────────
AUDIT_WITNESS_URL = os.environ.get("CDP_AUDIT_WITNESS_URL", "")
AUDIT_WITNESS_VKEY = os.environ.get("CDP_AUDIT_WITNESS_VKEY", "")

# ── REST API ─────────────────────────────────────────────────────────────────────────────────
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["cdp.api.auth.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["cdp.api.auth.DenyAll"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["cdp.api.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "cdp.api.errors.problem",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Candor management API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
}

LOGGING_CONFIG = None  # cdp.kernel.logging sets structlog up; nothing else writes logs

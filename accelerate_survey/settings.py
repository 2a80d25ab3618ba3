"""All settings, in one file. It runs untouched on SQLite; the environment decides the rest.

Every variable is listed, with its meaning, in ``.env.example``.
"""

import os
import re
import zoneinfo
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").is_file():
    environ.Env.read_env(BASE_DIR / ".env")


def _value(name: str, default: str) -> str:
    """A variable of the environment; set to nothing is as good as not set."""
    return env.str(name, default="") or default


_ON, _OFF = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def _says_yes(value: str) -> bool:
    return value.lower() in _ON


def _require(fine: bool, sentence: str) -> None:
    """Refuse a variable that makes no sense, in a sentence that shows no password."""
    if not fine:
        raise ImproperlyConfigured(sentence)


def _is_address(name: str, *schemes: str) -> bool:
    """Whether a variable is empty, or an address that begins in one of these ways and can be taken apart."""
    try:
        parts = urlsplit(_value(name, f"{schemes[0]}:"))
        return parts.scheme in schemes and (parts.port or 0) >= 0
    except ValueError:  # a port that is no number: the password holds a character that ends it
        return False


def _is_time_zone(name: str) -> bool:
    try:
        return bool(zoneinfo.ZoneInfo(name))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False


_ENCODE = "In the password, write @ as %40, : as %3A, / as %2F and # as %23."
_require(
    _is_address("DATABASE_URL", "sqlite", "postgres", "postgresql"),
    f"DATABASE_URL is none: give postgres://user:password@host:5432/name, or nothing for SQLite. {_ENCODE}",
)
_require(
    _is_address("EMAIL_URL", "smtp", "smtp+tls", "smtp+ssl"),
    f"EMAIL_URL is none: give smtp+tls://user:password@host:587, or nothing to keep mails. {_ENCODE}",
)
_STORAGE = (
    "STORAGE_URL is none: give s3://key:secret@host/bucket, if needed with ?region=eu-central-1 or ?tls=no, "
    f"or nothing to keep reports in DATA_DIR. {_ENCODE.replace('password', 'secret')}"
)
_require(
    _is_address("SENTRY_DSN", "https", "http"),
    "SENTRY_DSN is none: give the address that Sentry shows for the project, or nothing.",
)
_require(
    _value("TRUSTED_PROXIES", "0").isdecimal(),
    f"TRUSTED_PROXIES is {_value('TRUSTED_PROXIES', '')!r}: give the number of your proxies, such as 1.",
)
_require(
    _value("WEB_THREADS", "1").isdecimal() and int(_value("WEB_THREADS", "1")) > 0,
    f"WEB_THREADS is {_value('WEB_THREADS', '')!r}: give how many requests a process takes at once.",
)
_require(
    _is_time_zone(_value("TIME_ZONE", "UTC")),
    f"TIME_ZONE is {_value('TIME_ZONE', '')!r}: give a zone of the IANA list, such as Europe/Zurich.",
)
_require(
    _value("DEBUG", "no").lower() in {*_ON, *_OFF},
    f"DEBUG is {_value('DEBUG', '')!r}: give true or false.",
)
_require(
    _value("LOG_FORMAT", "text") in {"text", "json"},
    f"LOG_FORMAT is {_value('LOG_FORMAT', '')!r}: give text or json.",
)
for _name in ("MOST_INVITED", "MAILS_A_DAY"):
    _require(
        _value(_name, "1").isdecimal() and int(_value(_name, "1")) > 0,
        f"{_name} is {_value(_name, '')!r}: give a number of people or mails, such as 10000.",
    )
_require(
    len(_value("METRICS_TOKEN", "-" * 32)) >= 32,
    "METRICS_TOKEN can be guessed: give at least 32 random characters, or nothing to show no figures.",
)


def _is_trusted_address(name: str, *other: str) -> bool:
    """Whether a variable is empty, or an address whose answers nobody can replace on their way."""
    parts = urlsplit(_value(name, "https:"))
    nearby = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"}
    return _is_address(name, "https", "http", *other) and (parts.scheme != "http" or nearby)


def _sso_roles() -> list[tuple[str, str, str]]:
    """``acme:coach=agile-coaches``: an organization's address, a role in it, the group that gives it."""
    return [
        (organization, role, group.strip())
        for rule in filter(str.strip, _value("SSO_ROLES", "").split(","))
        for place, _equals, group in [rule.partition("=")]
        for organization, _colon, role in [place.strip().partition(":")]
    ]


_OIDC = ("OIDC_SERVER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
_require(
    _is_trusted_address("OIDC_SERVER"),
    "OIDC_SERVER is none: give the address of your identity provider, beginning with https://.",
)
_require(
    len({bool(_value(name, "")) for name in _OIDC}) == 1,
    "OIDC_SERVER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET belong together: give all three, or none.",
)
_require(
    _is_trusted_address("SAML_METADATA_URL", "file"),
    "SAML_METADATA_URL is none: give the address of your identity provider's metadata, beginning with "
    "https://, or a file as file:///etc/survey/idp.xml.",
)
_SSO = bool(_value("OIDC_SERVER", "") or _value("SAML_METADATA_URL", ""))
_require(
    bool(_value("SSO_DOMAINS", "")) or not _value("SAML_METADATA_URL", ""),
    "SSO_DOMAINS is missing: with SAML, name the domains whose e-mail addresses your provider vouches for, "
    "such as example.org.",
)
_require(
    all(
        re.fullmatch(r"[-\w]+", organization) and role in {"administrator", "coach"} and group
        for organization, role, group in _sso_roles()
    ),
    "SSO_ROLES cannot be read: give rules such as acme:coach=agile-coaches, with commas between them; the "
    "roles are administrator and coach.",
)
_require(
    _SSO or not _value("SSO_ROLES", ""),
    "SSO_ROLES needs single sign-on: give OIDC_SERVER or SAML_METADATA_URL, too.",
)
_require(
    _value("SSO_ONLY", "no").lower() in {*_ON, *_OFF},
    f"SSO_ONLY is {_value('SSO_ONLY', '')!r}: give true or false.",
)
_require(
    _SSO or not _says_yes(_value("SSO_ONLY", "")),
    "SSO_ONLY would lock everybody out: give OIDC_SERVER or SAML_METADATA_URL, too.",
)
_require(
    _value("REQUIRE_SECOND_FACTOR", "") in {"", "administrators", "everybody"},
    f"REQUIRE_SECOND_FACTOR is {_value('REQUIRE_SECOND_FACTOR', '')!r}: give administrators, everybody or "
    "nothing.",
)


def _data_dir() -> Path:
    path = Path(_value("DATA_DIR", str(BASE_DIR / "var"))).resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
        reason = "" if os.access(path, os.W_OK | os.X_OK) else "no permission, or a read-only disk"
    except OSError as error:
        reason = str(error.strerror)
    _require(
        not reason,
        f"DATA_DIR is {path}, and nothing can be written there ({reason}): name a folder that belongs to "
        "the user who runs the survey.",
    )
    return path


DATA_DIR = _data_dir()


def _secret_key() -> str:
    """The key from the environment, or one made on the first start and kept beside the data."""
    if key := _value("SECRET_KEY", ""):
        return key
    path = DATA_DIR / "secret-key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(get_random_secret_key())
    _require(
        os.access(path, os.R_OK) and path.stat().st_size > 0,
        f"The key in {path} cannot be read, or is none: put it back from where you keep it, or give it as "
        "SECRET_KEY.",
    )
    return path.read_text().strip()


def _site_url() -> str:
    url = _value("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise ImproperlyConfigured(
            f"SITE_URL is {url!r}: give the full address that people type, such as https://survey.example.org."
        )
    return url


def _storage() -> dict[str, Any]:
    """Where reports are kept: in DATA_DIR, or in a bucket that several machines share."""
    url = _value("STORAGE_URL", "")
    if not url:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    _require(_is_address("STORAGE_URL", "s3"), _STORAGE)
    parts = urlsplit(url)
    said, bucket = dict(parse_qsl(parts.query, keep_blank_values=True)), parts.path.strip("/")
    both_or_none = bool(parts.username) == bool(parts.password)
    fine = parts.hostname and bucket and "/" not in bucket and both_or_none and not parts.fragment
    _require(bool(fine) and said.keys() <= {"region", "tls"} and said.get("tls", "no") == "no", _STORAGE)
    from botocore.config import Config  # noqa: PLC0415  most installations never need it

    host = parts.netloc.rpartition("@")[2]
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "access_key": unquote(parts.username or "") or None,  # without: what the machine itself may do
            "secret_key": unquote(parts.password or "") or None,
            "bucket_name": bucket,
            "endpoint_url": f"{'http' if 'tls' in said else 'https'}://{host}",
            "region_name": said.get("region") or "us-east-1",
            "file_overwrite": False,
            "client_config": Config(
                connect_timeout=5,
                read_timeout=30,
                retries={"mode": "standard", "max_attempts": 3},
                s3={"addressing_style": "path"},  # a name for each bucket is more than most servers have
                signature_version="s3v4",
                request_checksum_calculation="when_required",  # some servers do not know them
                response_checksum_validation="when_required",
            ),
        },
    }


SECRET_KEY = _secret_key()
SITE_URL = _site_url()
DEBUG = _says_yes(_value("DEBUG", ""))
SECURE = SITE_URL.startswith("https://")
_require(
    len(SECRET_KEY) >= 50 or not SECURE,
    "SECRET_KEY can be guessed: give at least 50 random characters, and keep them while a round is open.",
)
ALLOWED_HOSTS = sorted(
    {str(urlsplit(SITE_URL).hostname), "127.0.0.1", "localhost", *_value("OTHER_HOSTS", "").split()}
)
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
    "allauth.usersessions",
    "auditlog",
    "crispy_forms",
    "csp",
    "django_tasks",
    "django_tasks_db",
    "assessments",
    "reports",
    "accelerate_survey.operations",
]
MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "accelerate_survey.headers.HeadersAreSet",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "accelerate_survey.operations.requests.RequestsAreNoted",
    "assessments.limits.GuessesAreLimited",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "assessments.accounts.PublicPagesAskNobody",  # a page is public only when it says so
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "assessments.accounts.SecondFactorIsAsked",
]
ROOT_URLCONF = "accelerate_survey.urls"
WSGI_APPLICATION = "accelerate_survey.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "accelerate_survey" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "plain"  # ours: accelerate_survey/templates/plain

os.environ.setdefault(
    "PGCONNECT_TIMEOUT", "4"
)  # seconds; a server that is gone would be waited for by the minute
DATABASES = {"default": env.db_url_config(_value("DATABASE_URL", f"sqlite:///{DATA_DIR / 'survey.sqlite3'}"))}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["CONN_MAX_AGE"] = None  # opening a file and setting it up costs as much as a save
    DATABASES["default"]["OPTIONS"] = {
        # A transaction that takes the write lock at its start waits for it; one that asks for it
        # half-way is refused at once with "database is locked".
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # secure_delete overwrites what is deleted: after a round has closed, the old rows are gone.
        "init_command": (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"
            "PRAGMA secure_delete=ON;PRAGMA journal_size_limit=67108864;"
        ),
    }
elif _value("WEB_THREADS", ""):  # a web server, says gunicorn.conf.py: a connection for each of its threads
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
        "min_size": 1,
        "max_size": int(_value("WEB_THREADS", "")),
        "timeout": 5,
    }
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # the server may have been started anew
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    # What django-allauth counts and has seen: wrong passwords, used codes. Two processes that each knew half
    # of it would let in twice as much.
    "default": {"BACKEND": "accelerate_survey.operations.counts.CountsInCommon"},
    # Misses, and what programs ask. SQLite serves one machine, where each process counts for itself: who
    # writes there has everybody else who writes wait for the disk.
    "noise": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache"
        if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
        else "accelerate_survey.operations.counts.CountsInCommon"
    },
    "waiting": {  # who has missed too often
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "waiting",
    },
    "results": {  # parts of result pages, which never change; some 100 kB each
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "results",
        "OPTIONS": {"MAX_ENTRIES": 200},
    },
}

# People and sign-in
AUTH_USER_MODEL = "assessments.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",  # of older accounts, until they sign in
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "assessments.accounts.OwnWordsValidator"},
]
# how many of our own proxies add to X-Forwarded-For: with https there is one in front
ALLAUTH_TRUSTED_PROXY_COUNT = int(_value("TRUSTED_PROXIES", "1" if SECURE else "0"))
ACCOUNT_ADAPTER = "assessments.accounts.AccountAdapter"  # sign-up is closed: an administrator invites
ACCOUNT_FORMS = {
    "login": "assessments.accounts.SignInForm",
    "reset_password": "assessments.accounts.ForgottenPasswordForm",  # nosec B105  a form's name
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # an address is given by an administrator, and proven by the first mail
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# beside allauth's own: five wrong passwords for an address in five minutes, ten from a device in one
ACCOUNT_RATE_LIMITS = {
    "reset_password": "20/m/ip,5/h/key",  # nosec B105  a limit, so that nobody's mailbox is filled with links
}
PASSWORD_RESET_TIMEOUT = 7 * 24 * 3600  # an invitation to sign in is good for a week
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

# Second factors (docs/sign-in.md)
REQUIRE_SECOND_FACTOR = _value("REQUIRE_SECOND_FACTOR", "")
MFA_ADAPTER = "assessments.accounts.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "assessments.accounts.CodeForm",
    "reauthenticate": "assessments.accounts.CodeAgainForm",
    "activate_totp": "assessments.accounts.FirstCodeForm",
    "add_webauthn": "assessments.accounts.PasskeyForm",
}
MFA_TOTP_TOLERANCE = 0  # used codes are remembered for half a minute; none may be good for longer
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an address is given by an administrator
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE  # on this machine, to try it out
USERSESSIONS_TRACK_ACTIVITY = False  # when somebody was last here is nobody's business

# Single sign-on
SSO_ONLY = SOCIALACCOUNT_ONLY = _says_yes(_value("SSO_ONLY", ""))
SSO_ROLES = _sso_roles()
SSO_GROUPS_CLAIM = _value("SSO_GROUPS_CLAIM", "groups")
MFA_PASSKEY_LOGIN_ENABLED = not SSO_ONLY
SOCIALACCOUNT_ADAPTER = "assessments.accounts.SignOnAdapter"
_DOMAINS = _value("SSO_DOMAINS", "").lower().split()
SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, list[dict[str, Any]]]] = {}
if _value("OIDC_SERVER", ""):
    _oidc: dict[str, Any] = {
        "provider_id": "oidc",
        "name": _value("OIDC_NAME", "OpenID Connect"),
        "client_id": _value("OIDC_CLIENT_ID", ""),
        "secret": _value("OIDC_CLIENT_SECRET", ""),
        "settings": {
            "server_url": _value("OIDC_SERVER", "").rstrip("/"),
            "scope": _value("OIDC_SCOPES", "openid profile email").split(),
            "oauth_pkce_enabled": True,
            "verified_email": _DOMAINS,
        },
    }
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {"APPS": [_oidc]}
if _value("SAML_METADATA_URL", ""):
    _mail = ["email", "mail", "urn:oid:0.9.2342.19200300.100.1.3"]
    _mail += ["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"]
    _saml: dict[str, Any] = {
        "provider_id": "saml",
        "name": _value("SAML_NAME", "SAML"),
        "client_id": "saml",
        "settings": {
            "idp": {
                "metadata_url": _value("SAML_METADATA_URL", ""),
                "entity_id": _value("SAML_ENTITY_ID", ""),
                "metadata_request_timeout": 5,
            },
            # a name that is new each time is none: then the address is
            "attribute_mapping": {
                "uid": ["urn:oasis:names:tc:SAML:attribute:subject-id", *_mail],
                "email": _mail,
                "name": ["displayName", "name", "urn:oid:2.16.840.1.113730.3.1.241"],
            },
            "verified_email": _DOMAINS,
        },
    }
    SOCIALACCOUNT_PROVIDERS["saml"] = {"APPS": [_saml]}

# Mail: kept as files, and shown to administrators, until EMAIL_URL names a server
MAIL_FOLDER = DATA_DIR / "mails"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = _value("DEFAULT_FROM_EMAIL", "Accelerate Survey <survey@localhost>")
if _value("EMAIL_URL", ""):
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(MAIL_FOLDER)

# How many people one round asks at most, and how many mails an organization may cause within a day
MOST_INVITED = int(_value("MOST_INVITED", "10000"))
MAILS_A_DAY = int(_value("MAILS_A_DAY", "30000"))

# Whether other programs on this machine and in its network may be told what happens, and by http
WEBHOOKS_INSIDE = _says_yes(_value("WEBHOOKS_INSIDE", ""))

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# Pages
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]  # each has a catalogue: CONTRIBUTING.md
LOCALE_PATHS = [BASE_DIR / "accelerate_survey" / "locale"]
LANGUAGE_COOKIE_NAME = (
    "__Host-language" if SECURE else "language"
)  # what somebody chose, on their own device and nowhere else
TIME_ZONE = _value("TIME_ZONE", "UTC")
USE_TZ = True
FORMAT_MODULE_PATH = ["accelerate_survey.formats"]
STATIC_URL = "/static/"
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATIC_ROOT = Path(_value("STATIC_ROOT", str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "accelerate_survey" / "static"]
MEDIA_ROOT = DATA_DIR / "files"
STORAGES = {
    "default": _storage(),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# "no-referrer" would make browsers send "Origin: null", and every form would be refused
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Nothing that is not ours, nothing inline, and of scripts only those that the page itself names.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
# Browsers take a cookie named __Host- from this very host and over https only, and send it nowhere else.
SESSION_ENGINE = "accelerate_survey.sessions"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = ("__Host-sid", "__Host-csrf") if SECURE else ("sid", "csrf")
# The questionnaire's is for its own pages alone, which no __Host- cookie can be.
RESPOND_COOKIE_NAME = "__Secure-respond" if SECURE else "respond"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = True  # scripts send the form, and with it the token
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # they name people
SESSION_EXPIRE_AT_BROWSER_CLOSE = True  # but for "Stay signed in", which passkeys and providers do not ask
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$", r"^api/"]  # asked from inside; refused by headers.py
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000  # a roster of 1 MB comes back from its preview, signed, in 1.4
DATA_UPLOAD_MAX_NUMBER_FIELDS = 300

# What tells how the survey is (docs/operations.md)
METRICS_TOKEN = _value("METRICS_TOKEN", "")
SENTRY_DSN = _value("SENTRY_DSN", "")
DEFAULT_EXCEPTION_REPORTER = "assessments.logs.DiscreetReporter"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {
            "()": "accelerate_survey.operations.logs.LineFormatter",
            "format": "{asctime} {levelname} {name}{request_id}: {message}",
            "style": "{",
        },
        "json": {"()": "accelerate_survey.operations.logs.JsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": _value("LOG_FORMAT", "text")}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.request": {"level": "ERROR"},  # what was refused stands in the line of its request
        "gunicorn.error": {"handlers": [], "propagate": True},
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},  # it tells every step of every document
        "weasyprint.progress": {"level": "ERROR"},
    },
}

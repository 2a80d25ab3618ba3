"""All settings, in one file. It runs untouched on SQLite; the environment decides the rest.

Every variable is listed, with its meaning, in ``.env.example``.
"""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").is_file():
    environ.Env.read_env(BASE_DIR / ".env")


def _value(name: str, default: str) -> str:
    """A variable of the environment; set to nothing is as good as not set."""
    return env.str(name, default="") or default


DATA_DIR = Path(_value("DATA_DIR", str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)


def _secret_key() -> str:
    """The key from the environment, or one made on the first start and kept beside the data."""
    if key := _value("SECRET_KEY", ""):
        return key
    path = DATA_DIR / "secret-key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(get_random_secret_key())
    return path.read_text().strip()


def _site_url() -> str:
    url = _value("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise ImproperlyConfigured(
            f"SITE_URL is {url!r}: give the full address that people type, such as https://survey.example.org."
        )
    return url


SECRET_KEY = _secret_key()
SITE_URL = _site_url()
DEBUG = _value("DEBUG", "").lower() in {"1", "true", "yes", "on"}
SECURE = SITE_URL.startswith("https://")
ALLOWED_HOSTS = sorted({str(urlsplit(SITE_URL).hostname), "127.0.0.1", "localhost"})
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
    "auditlog",
    "crispy_forms",
    "django_tasks",
    "django_tasks_db",
    "assessments",
    "reports",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
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
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "results": {  # parts of result pages, which never change; some 100 kB each
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "results",
        "OPTIONS": {"MAX_ENTRIES": 200},
    },
}

# People and sign-in
AUTH_USER_MODEL = "assessments.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# how many of our own proxies add to X-Forwarded-For: with https there is one in front
ALLAUTH_TRUSTED_PROXY_COUNT = int(_value("TRUSTED_PROXIES", "1" if SECURE else "0"))
ACCOUNT_ADAPTER = "assessments.accounts.AccountAdapter"  # sign-up is closed: an administrator invites
ACCOUNT_FORMS = {
    "login": "assessments.accounts.SignInForm",
    "reset_password": "assessments.accounts.ForgottenPasswordForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # an address is given by an administrator, and proven by the first mail
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
PASSWORD_RESET_TIMEOUT = 7 * 24 * 3600  # an invitation to sign in is good for a week
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

# Mail: kept as files, and shown to administrators, until EMAIL_URL names a server
MAIL_FOLDER = DATA_DIR / "mails"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = _value("DEFAULT_FROM_EMAIL", "Accelerate Survey <survey@localhost>")
if _value("EMAIL_URL", ""):
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(MAIL_FOLDER)

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# Pages
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
TIME_ZONE = _value("TIME_ZONE", "UTC")
USE_TZ = True
FORMAT_MODULE_PATH = ["accelerate_survey.formats"]
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "accelerate_survey" / "static"]
MEDIA_ROOT = DATA_DIR / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# "no-referrer" would make browsers send "Origin: null", and every form would be refused
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000  # a roster of 1 MB comes back from its preview, signed, in 1.4
DATA_UPLOAD_MAX_NUMBER_FIELDS = 300

DEFAULT_EXCEPTION_REPORTER = "assessments.logs.DiscreetReporter"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "masked": {
            "()": "assessments.logs.MaskingFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "masked"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},  # it tells every step of every document
        "weasyprint.progress": {"level": "ERROR"},
    },
}

"""Django's settings of a centre, from `CentreConfig`. Importable anywhere: writes nothing, needs no variable."""

from typing import Any

from qorgan.centre import keys
from qorgan.centre.config import CentreConfig, load
from qorgan.centre.databases import database

QORGAN: CentreConfig = load()

SECRET_KEY = keys.django_key(QORGAN.data)
DEBUG = False
ALLOWED_HOSTS = list(QORGAN.host_names)
ROOT_URLCONF = "qorgan.centre.urls"
ASGI_APPLICATION = "qorgan.centre.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False

INSTALLED_APPS = [
    "qorgan.centre.access",
    "qorgan.centre.territory",
    "qorgan.centre.schools",
    "qorgan.centre.cameras",
    "qorgan.centre.alarms",
    "qorgan.centre.dispatch",
    "qorgan.centre.duty",
    "qorgan.centre.nodes",
    "qorgan.centre.intake",
    "qorgan.centre.supervision",
    "qorgan.centre.notices",
    "qorgan.centre.viewlinks",
    "qorgan.centre.plans",
    "qorgan.centre.frames",
    "qorgan.centre.remarks",
    "qorgan.centre.quality",
    "qorgan.centre.inspections",
    "qorgan.centre.norms",
    "qorgan.centre.drills",
    "qorgan.centre.journals",
    "qorgan.centre.rollcall",
    "qorgan.centre.attestation",
    "qorgan.centre.registry_admin.RegistryAdmin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "ninja",
    "allauth",
    "allauth.account",
    "allauth.headless",
    "allauth.mfa",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "qorgan.centre.headers.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {"default": database(QORGAN.database, QORGAN.data)}

LANGUAGE_CODE = "kk"
LANGUAGES = [("kk", "Қазақша"), ("ru", "Русский"), ("en", "English")]
USE_I18N = True
TIME_ZONE = "Asia/Almaty"
USE_TZ = True
STATIC_URL = "/static/"

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("browser",)
HEADLESS_FRONTEND_URLS: dict[str, str] = {}
ACCOUNT_ADAPTER = "qorgan.centre.access.adapter.StaffOnly"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "20/m/ip,5/5m/key"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

SESSION_COOKIE_AGE = 12 * 3600  # a shift
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_SECURE = QORGAN.https
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_SECURE = QORGAN.https
CSRF_TRUSTED_ORIGINS = list(QORGAN.origins)
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if QORGAN.https else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "httpx": {"level": "WARNING"},  # it tells every address in full, and some of ours are secrets
    },
}

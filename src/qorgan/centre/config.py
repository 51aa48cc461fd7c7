"""Configuration of a centre: one TOML file, each value of which an environment variable may replace.

    data = "var/centre"                     # QORGAN_DATA: keys (0600) and, by default, the database
    database = ""                           # QORGAN_DATABASE: postgresql://user:password@host/name; empty: SQLite
    web = "web/dist"                        # QORGAN_WEB: the built console

    [http]
    host = "127.0.0.1"                      # QORGAN_HOST
    port = 8000                             # QORGAN_PORT
    names = ["127.0.0.1", "localhost"]      # QORGAN_HOST_NAMES (comma): what browsers may call us
    origins = []                            # QORGAN_ORIGINS (comma): other origins that may write, "https://…"
    https = false                           # QORGAN_HTTPS: browsers reach us by HTTPS only

    [nats]
    url = "nats://127.0.0.1:4222"           # QORGAN_NATS
    user = "centre"                         # QORGAN_NATS_USER; password: QORGAN_NATS_PASSWORD or data/nats.password

    [notices]                               # what is told to others (centre/notices)
    sender = "qorgan-centre"                # CAP's sender: one name in the world, a domain of yours
    contact = ""                            # "mailto:…" or "https://…": who answers for Web Push (RFC 8292)
    english = false                         # a third language in CAP messages
    private = []                            # networks of your own that may be addressed: "10.4.0.0/16"; none: none

    [mail]                                  # without host: e-mail is not configured
    host = ""                               # QORGAN_MAIL_HOST; password: `qorgan centre set-secret mail`
    port = 25
    user = ""
    tls = "starttls"                        # starttls, tls or none
    sender = "qorgan@localhost"

    [sms]                                   # without url: SMS is not configured
    url = ""                                # a gateway that takes a POST; its key: `qorgan centre set-secret sms`
    form = "json"                           # json or form
    to = "to"                               # the names of its fields
    text = "text"
    header = "Authorization"                # where its key goes
    fields = {}                             # what it wants besides

    [signing]                               # without certificate: papers are not signed
    certificate = ""                        # a PKCS#12 file; its password: `qorgan centre set-secret signing`

The file's place is in `QORGAN_CENTRE_CONFIG`; without it the defaults above hold. Paths are relative to the file, or to
the working directory when they come from the environment.
"""

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qorgan.kernel.errors import Invalid

NATS_PASSWORD_FILE = "nats.password"  # noqa: S105 - a file's name


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticesConfig:
    """How the centre appears to others, and which networks of its own it may address."""

    sender: str = "qorgan-centre"
    contact: str = ""
    english: bool = False
    private: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MailConfig:
    """A mail server. Its password is in the vault under `mail`."""

    host: str = ""
    port: int = 25
    user: str = ""
    tls: str = "starttls"
    sender: str = "qorgan@localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsConfig:
    """A gateway that sends SMS when told so by HTTP. Its key is in the vault under `sms`."""

    url: str = ""
    form: str = "json"
    to: str = "to"
    text: str = "text"
    header: str = "Authorization"
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningConfig:
    """The centre's own certificate with its key, PKCS#12. Its password is in the vault under `signing`."""

    certificate: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreConfig:
    """Read once at the start of the process. Holds no secret but the database's address, which is never printed."""

    data: Path = Path("var/centre")
    database: str = field(default="", repr=False)
    web: Path = Path("web/dist")
    host: str = "127.0.0.1"
    port: int = 8000
    host_names: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    origins: tuple[str, ...] = ()
    https: bool = False
    nats: str = "nats://127.0.0.1:4222"
    nats_user: str = "centre"
    nats_password: str | None = field(default=None, repr=False)
    notices: NoticesConfig = NoticesConfig()
    mail: MailConfig = MailConfig()
    sms: SmsConfig = SmsConfig()
    signing: SigningConfig = SigningConfig()


def load(environ: Mapping[str, str] = os.environ) -> CentreConfig:
    """The configuration. Raises `Invalid` naming the file or the field and what to do."""
    told = environ.get("QORGAN_CENTRE_CONFIG")
    file = _read(Path(told)) if told else {}
    base = Path(told).parent if told else Path()
    http, nats = _table(file, "http"), _table(file, "nats")
    default = CentreConfig()

    def path(variable: str, key: str, otherwise: Path) -> Path:
        if variable in environ:
            return Path(environ[variable])
        return base / _text(file, key) if key in file else otherwise

    data = path("QORGAN_DATA", "data", default.data)
    return CentreConfig(
        data=data,
        database=environ.get("QORGAN_DATABASE", _text(file, "database")),
        web=path("QORGAN_WEB", "web", default.web),
        host=environ.get("QORGAN_HOST", _text(http, "host", default.host)),
        port=_port(environ.get("QORGAN_PORT", http.get("port", default.port))),
        host_names=_words(environ.get("QORGAN_HOST_NAMES"), http.get("names"), default.host_names),
        origins=_words(environ.get("QORGAN_ORIGINS"), http.get("origins"), ()),
        https=environ.get("QORGAN_HTTPS", str(http.get("https", False))).lower() in ("1", "true", "yes"),
        nats=environ.get("QORGAN_NATS", _text(nats, "url", default.nats)),
        nats_user=environ.get("QORGAN_NATS_USER", _text(nats, "user", default.nats_user)),
        nats_password=environ.get("QORGAN_NATS_PASSWORD") or _password(data),
        notices=_notices(_table(file, "notices")),
        mail=_mail(_table(file, "mail"), environ),
        sms=_sms(_table(file, "sms")),
        signing=_signing(_table(file, "signing"), base),
    )


def _notices(table: Mapping[str, Any]) -> NoticesConfig:
    default = NoticesConfig()
    try:
        private = tuple(ipaddress.ip_network(text) for text in _words(None, table.get("private"), ()))
    except ValueError as error:
        raise Invalid(f"[notices] private: {error}; networks look like 10.4.0.0/16") from error
    return NoticesConfig(
        sender=_text(table, "sender", default.sender),
        contact=_text(table, "contact"),
        english=table.get("english") is True,
        private=private,
    )


def _mail(table: Mapping[str, Any], environ: Mapping[str, str]) -> MailConfig:
    default = MailConfig()
    tls = _text(table, "tls", default.tls)
    if tls not in ("starttls", "tls", "none"):
        raise Invalid("[mail] tls: is starttls, tls or none")
    return MailConfig(
        host=environ.get("QORGAN_MAIL_HOST", _text(table, "host")),
        port=_port(table.get("port", default.port)),
        user=_text(table, "user"),
        tls=tls,
        sender=_text(table, "sender", default.sender),
    )


def _sms(table: Mapping[str, Any]) -> SmsConfig:
    default, form, fields = SmsConfig(), _text(table, "form", "json"), _table(table, "fields")
    if form not in ("json", "form"):
        raise Invalid("[sms] form: is json or form")
    return SmsConfig(
        url=_text(table, "url"),
        form=form,
        to=_text(table, "to", default.to),
        text=_text(table, "text", default.text),
        header=_text(table, "header", default.header),
        fields=tuple((name, str(value)) for name, value in fields.items()),
    )


def _signing(table: Mapping[str, Any], base: Path) -> SigningConfig:
    told = _text(table, "certificate")
    return SigningConfig(certificate=base / told if told else None)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Invalid(f"{file}: cannot be read ({error.strerror}); correct QORGAN_CENTRE_CONFIG") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"{file}: is not TOML: {error}") from error


def _table(file: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = file.get(key, {})
    if not isinstance(value, dict):
        raise Invalid(f"[{key}] must be a table")
    return value


def _text(table: Mapping[str, Any], key: str, otherwise: str = "") -> str:
    value = table.get(key, otherwise)
    if not isinstance(value, str):
        raise Invalid(f"{key}: must be text in quotes")
    return value


def _words(variable: str | None, listed: Any, otherwise: tuple[str, ...]) -> tuple[str, ...]:
    if variable is not None:
        return tuple(word.strip() for word in variable.split(",") if word.strip())
    if listed is None:
        return otherwise
    if not isinstance(listed, list) or not all(isinstance(word, str) for word in listed):
        raise Invalid("names, origins: must be lists of texts")
    return tuple(listed)


def _port(value: Any) -> int:
    try:
        port = int(value)
    except (TypeError, ValueError) as error:
        raise Invalid(f"port: {value!r} is not a number") from error
    if not 0 <= port <= 65535:
        raise Invalid(f"port: {port} is not between 0 and 65535")
    return port


def _password(data: Path) -> str | None:
    file = data / NATS_PASSWORD_FILE
    return file.read_text(encoding="utf-8").strip() if file.is_file() else None

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

The file's place is in `QORGAN_CENTRE_CONFIG`; without it the defaults above hold. Paths are relative to the file, or to
the working directory when they come from the environment.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qorgan.kernel.errors import Invalid

NATS_PASSWORD_FILE = "nats.password"  # noqa: S105 - a file's name


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
    )


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

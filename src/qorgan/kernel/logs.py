"""Logs of every process: events with fields, `key=value` on stderr, JSON lines with `QORGAN_LOG=json`.

Whatever is logged, by us or by a library, passes `redact` last: addresses lose their user and password, and anything
called password, token or secret loses its value. `QORGAN_LOG_LEVEL` is debug, info (as usual), warning or error.
"""

import logging
import os
import re
import sys
from collections.abc import Mapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

MASK = "***"
MAX_VALUE_CHARACTERS = 2_000  # of a field; a traceback may be longer
MAX_TRACEBACK_CHARACTERS = 20_000
_SECRET_KEY = re.compile(r"passw|passphrase|pwd|token|secret|authori[sz]ation|credential|cookie", re.IGNORECASE)
_USERINFO = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^\s\"'<>]*@", re.IGNORECASE)
_ASSIGNED = re.compile(
    r"(?P<name>[\w.-]*(?:password|passwd|pwd|token|secret)[\w.-]*[\"']?\s*[=:]\s*)(?P<value>\"[^\"]*\"|'[^']*'|[^\s&,;)}\]]+)",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(?P<kind>Bearer|Basic)\s+[\w.~+/=-]+", re.IGNORECASE)
_DEPTH = 4


def configure(process: str, *, stream: TextIO | None = None) -> None:
    """Send the logs of this process, named in each line, to `stream` (stderr). Call once, first of all."""
    as_json = os.environ.get("QORGAN_LOG") == "json"
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.processors.LogfmtRenderer(
            key_order=["at", "level", "process", "event"], drop_missing=True, bool_as_flag=False
        )
    )
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _naming(process),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*before, structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redact,
            renderer,
        ],
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(os.environ.get("QORGAN_LOG_LEVEL", "info").upper())
    for chatty in ("uvicorn", "httpx", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.captureWarnings(True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *before,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The last processor before the renderer: what it returns may be read by anybody with access to the logs."""
    return {key: _clean(key, value, _DEPTH) for key, value in event.items()}


def redact_text(text: str) -> str:
    """Text without users and passwords in addresses, bearer tokens, and values assigned to secret names."""
    text = _USERINFO.sub(rf"\g<scheme>{MASK}@", text)
    text = _BEARER.sub(rf"\g<kind> {MASK}", text)
    return _ASSIGNED.sub(rf"\g<name>{MASK}", text)


def _clean(key: str, value: Any, depth: int) -> Any:
    if _SECRET_KEY.search(key) and not isinstance(value, bool | None):
        return MASK
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth and isinstance(value, Mapping):
        return {str(name): _clean(str(name), item, depth - 1) for name, item in list(value.items())[:100]}
    if depth and isinstance(value, list | tuple | set | frozenset):
        return [_clean("", item, depth - 1) for item in list(value)[:100]]
    limit = MAX_TRACEBACK_CHARACTERS if key == "exception" else MAX_VALUE_CHARACTERS
    text = redact_text(value if isinstance(value, str) else str(value))
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"


def _naming(process: str) -> Processor:
    def name(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("process", process)
        return event

    return name

"""What is secret does not reach the logs, whoever writes them."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from qorgan.kernel import logs


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Where this test's log goes; the logging of the test run is put back afterwards."""
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", list(root.handlers))
    monkeypatch.setattr(root, "level", root.level)
    stream = io.StringIO()
    logs.configure("core", stream=stream)
    yield stream
    logging.captureWarnings(False)
    structlog.reset_defaults()


def test_an_event_is_one_line_of_fields(stream: io.StringIO) -> None:
    structlog.get_logger("t").info("segment.closed", camera="hall", note="два слова\nи строка")
    line = stream.getvalue()
    assert line.count("\n") == 1
    assert "level=info process=core event=segment.closed" in line and "camera=hall" in line


def test_json_on_request(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QORGAN_LOG", "json")
    logs.configure("core", stream=stream)
    logging.getLogger("library").warning("child.killed", extra={"child": "recorder"})
    event = json.loads(stream.getvalue())
    assert (event["event"], event["child"], event["process"]) == ("child.killed", "recorder", "core")


@pytest.mark.parametrize(
    "fields",
    [
        {"url": "rtsp://admin:hunter2@10.0.0.7:554/h264"},
        {"url": "rtsp://admin:a/hunter2@10.0.0.7/h264"},
        {"password": "hunter2"},
        {"camera_token": "hunter2"},
        {"headers": {"Authorization": "Bearer hunter2"}},
        {"items": [{"client_secret": "hunter2"}]},
        {"reason": "GET /?user=a&password=hunter2&x=1 failed"},
        {"reason": "header Authorization: Bearer hunter2 refused"},
        {"reason": "{'token': 'hunter2'}"},
        {"error": ValueError("rtsp://a:hunter2@h/")},
    ],
)
def test_a_secret_is_masked_in_fields_of_ours(stream: io.StringIO, fields: dict[str, object]) -> None:
    structlog.get_logger("t").info("camera.lost", **fields)
    assert "hunter2" not in stream.getvalue()
    assert logs.MASK in stream.getvalue()


def test_a_secret_is_masked_in_tracebacks_and_in_what_libraries_say(stream: io.StringIO) -> None:
    try:
        raise OSError("cannot open nats://kst-012:hunter2@127.0.0.1:4222")
    except OSError:
        structlog.get_logger("t").exception("link.crashed")
    logging.getLogger("nats").error("connecting to %s", "nats://kst-012:hunter2@127.0.0.1:4222")
    assert "hunter2" not in stream.getvalue()
    assert "Traceback" in stream.getvalue()


def test_what_is_not_secret_stays_readable() -> None:
    for text in ("rtsp://10.0.0.7:554/h264", "kst-012: 3 waiting", "mail a@b.kz"):
        assert logs.redact_text(text) == text

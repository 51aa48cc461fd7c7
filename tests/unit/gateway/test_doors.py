"""Who may knock: origins, instants in URLs."""

from datetime import UTC, datetime

import pytest

from qorgan.centre.gateway.instants import instant, parse_instant
from qorgan.centre.gateway.sockets import is_same_origin
from qorgan.kernel.errors import Invalid


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("https://centre.kz", "centre.kz", True),
        ("https://centre.kz:443", "centre.kz", True),
        ("http://CENTRE.kz", "centre.kz:80", True),
        ("https://[::1]:8000", "[::1]:8000", True),
        (None, "centre.kz", True),
        ("https://evil.example", "centre.kz", False),
        ("https://centre.kz.evil.example", "centre.kz", False),
        ("https://centre.kz:8443", "centre.kz", False),
        ("https://centre.kz@evil.example", "centre.kz", False),
        ("null", "centre.kz", False),
        ("file://", "centre.kz", False),
        ("https://centre.kz:port", "centre.kz", False),
        ("https://centre.kz", None, False),
        ("https://[", "centre.kz", False),
        ("", "centre.kz", False),
    ],
)
def test_same_origin(origin: str | None, host: str | None, same: bool) -> None:
    assert is_same_origin(origin, host) is same


def test_instants_are_read_in_both_forms() -> None:
    at = datetime(2026, 11, 22, 4, 0, 0, 500_000, tzinfo=UTC)
    for text in ("2026-11-22T04:00:00.500Z", "2026-11-22T09:00:00.500+05:00", "1795320000500"):
        assert parse_instant(text, "start") == at
    assert instant(at) == "2026-11-22T04:00:00.500Z"


@pytest.mark.parametrize("text", [None, "", "x", "2026-11-22", "2026-11-22T04:00:00", "9" * 40, "1" * 41, "-5", "٣"])
def test_what_is_no_instant_is_told_so(text: str | None) -> None:
    with pytest.raises(Invalid, match=r"^start:"):
        parse_instant(text, "start")

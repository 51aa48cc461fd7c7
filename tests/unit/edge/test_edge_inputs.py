"""Contacts of cameras as buttons, in the configuration."""

from pathlib import Path

import pytest

from qorgan.edge.config import load
from qorgan.kernel.errors import Invalid

WHOLE = """\
[site]
id = "kst-012"
name = { kk = "№12 мектеп" }
[storage]
data = "var"
archive = "var/archive"
[[cameras]]
key = "hall"
name = { kk = "Фойе" }
main = "rtsp://10.0.0.7/main"
onvif = "http://10.0.0.7/onvif/device_service"
[[cameras]]
key = "yard"
name = { kk = "Аула" }
main = "rtsp://10.0.0.8/main"
[[buttons]]
key = "guard"
place = { kk = "Күзет бекеті" }
input = "hall:1"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "edge.toml"
    path.write_text(WHOLE, "utf-8")
    return path


def test_a_contact_of_a_camera_is_a_button(file: Path) -> None:
    config = load(file)
    assert ("hall:1", "http://10.0.0.7/onvif/device_service") == (config.buttons[0].input, config.cameras[0].onvif)


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        ('"hall:1"', '"hall"', r"buttons\[0\].input"),
        ('"hall:1"', '"yard:1"', r"buttons\[0\].input"),  # a camera without ONVIF
        ('"hall:1"', '"gate:1"', r"buttons\[0\].input"),
        ("http://10", "ftp://10", r"cameras\[0\].onvif"),
        ("http://10", "http://admin:12345@10", r"cameras\[0\].onvif"),
        ("http://10", "http://10 ", r"cameras\[0\].onvif"),
    ],
)
def test_a_mistake_names_its_field_and_no_secret(file: Path, before: str, after: str, field: str) -> None:
    file.write_text(WHOLE.replace(before, after), "utf-8")
    with pytest.raises(Invalid, match=field) as caught:
        load(file)
    assert "12345" not in str(caught.value)


def test_one_contact_is_one_button(file: Path) -> None:
    second = '[[buttons]]\nkey = "other"\nplace = { kk = "x" }\ninput = "hall:1"\n'
    file.write_text(WHOLE + second, "utf-8")
    with pytest.raises(Invalid, match="belongs to"):
        load(file)

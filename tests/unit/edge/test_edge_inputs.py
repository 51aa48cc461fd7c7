"""Contacts of cameras as buttons, in the configuration."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from qorgan.domain.places import LocalText
from qorgan.edge import cli
from qorgan.edge.config import Camera, load
from qorgan.edge.core.cameras import CONNECTS_WITHIN_S, CameraBoard
from qorgan.edge.secrets import SecretStore
from qorgan.kernel.clock import SystemClock
from qorgan.kernel.errors import Invalid
from qorgan.kernel.ids import CameraKey

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
        ('"hall:1"', '"hall:1"\ninterval_s = 60', r"buttons\[0\].interval_s"),
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


def test_a_button_that_is_wired_to_a_camera_needs_no_token(file: Path) -> None:
    command = ["add-button", "--key", "gate", "--place-kk", "Қақпа", "--input", "hall:2", "--config", str(file)]
    assert 0 == CliRunner().invoke(cli.app, command).exit_code

    assert "hall:2" == load(file).buttons[-1].input
    assert () == SecretStore(load(file).storage.data).names()
    checked = CliRunner().invoke(cli.app, ["check", "--config", str(file)])
    assert "secret button/" not in checked.output


class HeldClock(SystemClock):
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = 0.0

    def monotonic(self) -> float:
        return self.at


def test_a_camera_whose_events_do_not_come_is_noticed_and_one_that_reconnects_is_not() -> None:
    clock = HeldClock()
    speaking = Camera(key=CameraKey("hall"), name=LocalText(kk="x"), main="rtsp://x/", onvif="http://x/")
    board = CameraBoard([speaking], clock)

    assert not board.events_lost("hall")
    clock.at += CONNECTS_WITHIN_S + 1
    assert board.events_lost("hall"), "it was never heard at all"
    board.told_onvif("hall", "ok", 0.0)
    assert not board.events_lost("hall")
    board.told_onvif("hall", "camera.unreachable", None)
    assert not board.events_lost("hall")
    clock.at += CONNECTS_WITHIN_S + 1
    board.told_onvif("hall", "camera.unreachable", None)
    assert board.events_lost("hall")

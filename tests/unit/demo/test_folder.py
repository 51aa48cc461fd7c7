"""The demo's folder is made once, kept, and mended."""

import stat
from pathlib import Path

import pytest

from qorgan.demo import folder, ports
from qorgan.demo.town import SCHOOL, TOWN
from qorgan.edge import config
from qorgan.edge.config import Camera, add_camera
from qorgan.edge.secrets import SecretStore
from qorgan.kernel.errors import Conflict, Corrupt
from qorgan.kernel.ids import CameraKey


def settle(path: Path, **wished: int) -> folder.Settled:
    return folder.settle(path, TOWN, {"centre": ports.choose(0, ())} | wished)


def test_every_school_gets_a_configuration_that_its_node_accepts(tmp_path: Path) -> None:
    settled = settle(tmp_path)
    loaded = {school.plan.site: config.load(school.config) for school in settled.schools}
    assert [len(loaded[plan.site].cameras) for plan in TOWN] == [6, 5, 5]
    assert all(len(loaded[plan.site].buttons) == 2 for plan in TOWN)
    kindergarten = loaded[TOWN[1].site]
    assert kindergarten.site.name.kk == "№ 3 «Балапан» балабақшасы"
    assert len({school.http_port for school in settled.schools}) == len(TOWN)


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    first = settle(tmp_path)
    secret = first.schools[0].button_token(SCHOOL.buttons[0].key)
    before = {school.config: school.config.read_bytes() for school in first.schools}
    second = folder.settle(tmp_path, TOWN, {"centre": first.ports["centre"]})
    assert second == first
    assert {file: file.read_bytes() for file in before} == before
    assert second.schools[0].button_token(SCHOOL.buttons[0].key) == secret


def test_a_port_that_had_to_move_moves_everywhere_and_own_cameras_stay(tmp_path: Path) -> None:
    first = settle(tmp_path)
    mine = Camera(key=CameraKey("mine"), name=SCHOOL.name, main="rtsp://192.0.2.20:554/stream1")
    add_camera(first.schools[0].config, mine)
    rtsp = ports.choose(0, first.ports.values())
    second = folder.settle(tmp_path, TOWN, first.ports | {"rtsp": rtsp})
    loaded = config.load(second.schools[0].config)
    ours = [camera for camera in loaded.cameras if camera.key != "mine"]
    assert all(f"127.0.0.1:{rtsp}/" in camera.main for camera in ours) and len(ours) == 6
    assert loaded.cameras[-1] == mine
    assert loaded.http.port == first.schools[0].http_port


def test_two_ports_may_change_places(tmp_path: Path) -> None:
    text = 'port = 1000\nnats = "nats://127.0.0.1:2000"\nmain = "rtsp://192.0.2.1:1000/x"\n'
    moved = folder._with_moved_ports(text, {1000: 2000, 2000: 1000})
    assert moved == 'port = 2000\nnats = "nats://127.0.0.1:1000"\nmain = "rtsp://192.0.2.1:1000/x"\n'


def test_secrets_stand_in_no_configuration_and_files_are_their_owners_alone(tmp_path: Path) -> None:
    settled = settle(tmp_path)
    store = SecretStore(settled.schools[0].folder)
    password = store.need("nats")
    for school in settled.schools:
        assert password not in school.config.read_text(encoding="utf-8")
    for file in (settled.nats_conf, tmp_path / "demo.json", tmp_path / "centre" / "nats.password"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert store.need("camera/porch") != store.need("camera/stairs")


def test_two_demos_do_not_share_a_folder(tmp_path: Path) -> None:
    with folder.occupied(tmp_path), pytest.raises(Conflict, match="runs already"), folder.occupied(tmp_path):
        raise AssertionError("the second demo must not get here")


def test_a_damaged_memory_is_said_so(tmp_path: Path) -> None:
    settle(tmp_path)
    (tmp_path / "demo.json").write_text('{"ports": 7')
    with pytest.raises(Corrupt, match="start anew"):
        settle(tmp_path)


def test_a_taken_port_is_named_with_the_option() -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ports.PortTaken, match=rf"port {port} is in use .*--port"):
            ports.require(port)
        assert ports.choose(port, ()) != port

"""The doctor says what it saw, and what to do."""

import json
import socket
from pathlib import Path

from typer.testing import CliRunner

from qorgan import doctor
from qorgan.doctor import State


def test_codecs_are_really_tried() -> None:
    finding = doctor.check_codecs()
    assert finding.state is State.OK
    assert "H.264 encodes and decodes" in finding.seen


def test_the_disk_is_really_written_and_left_clean(tmp_path: Path) -> None:
    finding = doctor.check_disk_speed(tmp_path)
    assert "MB/s" in finding.seen and "durable write" in finding.seen
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_fails_with_advice() -> None:
    finding = doctor.check_disk_speed(Path("/proc"))
    assert finding.state is State.FAIL
    assert "--data" in finding.advice


def test_a_taken_port_is_a_warning_that_names_its_owner() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        taken = doctor.check_port(port, "the centre's console")
    assert taken.state is State.WARN and str(port) in taken.seen and "console" in taken.advice
    assert doctor.check_port(port, "the centre's console").state is State.OK


def test_the_report_is_json_and_the_exit_code_follows_the_worst(tmp_path: Path) -> None:
    done = CliRunner().invoke(doctor.app, ["--json", "--data", str(tmp_path)])
    findings = json.loads(done.stdout)
    names = {finding["name"] for finding in findings}
    assert {"python", "carrier", "codecs", "disk space", "disk speed", "memory", "open files", "clock"} <= names
    assert all(finding["advice"] for finding in findings if finding["state"] != "ok")
    assert done.exit_code == int(any(finding["state"] == "fail" for finding in findings))

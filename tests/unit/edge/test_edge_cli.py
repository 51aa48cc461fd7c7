"""`qorgan edge` as an installer meets it: it does what it says, and keeps passwords to itself."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from qorgan.edge import cli
from qorgan.edge.config import load
from qorgan.edge.secrets import SecretStore


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "edge.toml"
    assert edge("init", "--site", "kst-012", "--name-kk", "№12 мектеп", file=path).exit_code == 0
    return path


def edge(*arguments: str, file: Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli.app, [*arguments, "--config", str(file)], input=stdin)


def test_a_first_configuration_loads_and_is_not_written_over(file: Path) -> None:
    assert load(file).site.name.kk == "№12 мектеп"
    before = file.read_text()
    again = edge("init", "--site", "kst-013", "--name-kk", "x", file=file)
    assert again.exit_code == 2 and "exists already" in again.stderr
    assert file.read_text() == before


def test_a_password_in_the_address_ends_up_encrypted_and_is_not_repeated(file: Path) -> None:
    url = "rtsp://admin:hunter2%40x@10.0.0.7:554/main"
    result = edge("add-camera", url, "--key", "hall", "--name-kk", "Фойе", "--no-probe", file=file)
    assert result.exit_code == 0, result.output
    camera = load(file).cameras[0]
    assert (camera.main, camera.user) == ("rtsp://10.0.0.7:554/main", "admin")
    assert SecretStore(load(file).storage.data).get("camera/hall") == "hunter2@x"
    assert "hunter2" not in result.output + file.read_text()


def test_a_password_comes_from_standard_input(file: Path) -> None:
    arguments = ["add-camera", "rtsp://10.0.0.7/main", "--key", "hall", "--user", "admin", "--no-probe"]
    refused = edge(*arguments, file=file, stdin="hunter2\n")
    assert refused.exit_code == 2 and "standard input" in refused.stderr
    assert load(file).cameras == ()

    assert edge(*arguments, "--password-stdin", file=file, stdin="hunter2\n").exit_code == 0
    assert SecretStore(load(file).storage.data).get("camera/hall") == "hunter2"


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("http://10.0.0.7/main", "rtsp://"),
        ("rtsp://admin:hun/ter2@10.0.0.7/main", "host or port cannot be read"),
        ("rtsp://" + "x" * 5_000, "characters"),
        ("сәлем", "rtsp://"),
        ("rtsp://127.0.0.1:9/main", "the main stream gives no picture"),
    ],
)
def test_a_camera_that_cannot_be_is_one_sentence_and_no_change(file: Path, url: str, advice: str) -> None:
    before = file.read_text()
    result = edge("add-camera", url, "--key", "hall", "--name-kk", "Фойе", file=file)
    assert result.exit_code == 2
    assert advice in result.stderr and "Traceback" not in result.output and "ter2" not in result.output
    assert file.read_text() == before


def test_a_buttons_token_is_shown_once_or_written_to_a_new_file(file: Path, tmp_path: Path) -> None:
    shown = edge("add-button", "--key", "hall", "--place-kk", "Фойе", file=file)
    token = shown.stdout.strip()
    assert SecretStore(load(file).storage.data).get("button/hall") == token and len(token) >= 40

    where = tmp_path / "token"
    quiet = edge("add-button", "--key", "gate", "--place-kk", "Қақпа", "--token-file", str(where), file=file)
    assert quiet.stdout == ""
    assert SecretStore(load(file).storage.data).get("button/gate") == where.read_text().strip()
    assert where.stat().st_mode & 0o777 == 0o600
    twice = edge("add-button", "--key", "yard", "--place-kk", "Аула", "--token-file", str(where), file=file)
    assert twice.exit_code == 2 and "exists" in twice.stderr
    assert [button.key for button in load(file).buttons] == ["hall", "gate"]


def test_check_finds_what_is_missing_and_what_is_in_order(file: Path) -> None:
    edge("add-camera", "rtsp://10.0.0.7/main", "--key", "hall", "--no-probe", file=file)
    edge("add-button", "--key", "hall", "--place-kk", "Фойе", file=file)
    good = edge("check", file=file)
    assert good.exit_code == 0, good.output

    text = file.read_text().replace("rtsp://10.0.0.7/main", "junk")
    file.write_text(text + '\n[[buttons]]\nkey = "gate"\nplace = { kk = "Қақпа" }\n')
    data = load(file).storage.data
    (data / "secrets.json").chmod(0o644)
    bad = edge("check", file=file)
    assert bad.exit_code == 1
    lines = [line for line in bad.stdout.splitlines() if line.startswith("BAD")]
    assert len(lines) == 3
    for what in ("address of hall/main", "secret button/gate", "chmod 600"):
        assert any(what in line for line in lines), what


def test_every_command_explains_itself() -> None:
    for command in ("run", "check", "init", "add-camera", "add-button", "set-secret"):
        result = CliRunner().invoke(cli.app, [command, "--help"])
        assert result.exit_code == 0 and "--config" in result.output

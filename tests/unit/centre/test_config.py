"""The centre's configuration and keys."""

import stat
from pathlib import Path

import pytest

from qorgan.centre import keys
from qorgan.centre.config import load
from qorgan.centre.databases import database
from qorgan.kernel.errors import Invalid, NotFound


def test_without_anything_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert load({}).host == "127.0.0.1"
    assert load({}).nats_password is None


def test_a_variable_takes_the_place_of_a_line_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "centre.toml"
    file.write_text('data = "data"\n[http]\nport = 9000\nnames = ["qorgan.kz"]\n')
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "nats.password").write_text("s3cret\n")

    config = load({"QORGAN_CENTRE_CONFIG": str(file), "QORGAN_PORT": "9100"})

    assert (config.data, config.port, config.host_names) == (tmp_path / "data", 9100, ("qorgan.kz",))
    assert config.nats_password == "s3cret"


def test_secrets_are_not_in_what_is_printed(tmp_path: Path) -> None:
    config = load({"QORGAN_DATABASE": "postgresql://u:hidden1@h/n", "QORGAN_NATS_PASSWORD": "hidden2"})

    assert "hidden" not in repr(config)


@pytest.mark.parametrize(
    ("text", "named"),
    [("data = 5", "data"), ("[http]\nport = 99999", "port"), ("http = 1", "http"), ("[http]\nnames = 'x'", "names")],
)
def test_a_wrong_file_names_what_is_wrong(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "centre.toml"
    file.write_text(text)

    with pytest.raises(Invalid, match=named):
        load({"QORGAN_CENTRE_CONFIG": str(file)})


def test_a_missing_file_is_named() -> None:
    with pytest.raises(Invalid, match="no-such-file"):
        load({"QORGAN_CENTRE_CONFIG": "no-such-file.toml"})


def test_one_setting_chooses_the_database(tmp_path: Path) -> None:
    assert database("", tmp_path)["ENGINE"].endswith("sqlite3")
    chosen = database("postgresql://q:p%40ss@db.local:5433/qorgan?sslmode=require", tmp_path)
    assert (chosen["NAME"], chosen["PASSWORD"], chosen["PORT"]) == ("qorgan", "p@ss", "5433")
    assert chosen["OPTIONS"] == {"sslmode": "require"}


def test_a_wrong_address_is_refused_without_being_repeated(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refusal:
        database("mysql://u:hidden@h/n", tmp_path)
    assert "hidden" not in str(refusal.value)


def test_keys_are_made_once_and_are_their_owners_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    keys.prepare(data)
    first = (keys.django_key(data), keys.public_key(data))
    keys.prepare(data)

    assert (keys.django_key(data), keys.public_key(data)) == first
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    for file in data.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(file.name for file in data.iterdir()) == ["django.key", "grant.key", "record.key", "secrets.key"]


def test_before_the_first_start_there_is_no_grant_key_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        keys.grant_key(tmp_path)
    assert keys.django_key(tmp_path) != keys.django_key(tmp_path)
    assert list(tmp_path.iterdir()) == []

"""Secrets are kept encrypted, by their owner alone, and a damaged store says so instead of guessing."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from qorgan.edge.secrets import KEY_VARIABLE, SecretStore
from qorgan.kernel.errors import Corrupt, Invalid, NotFound


@pytest.fixture(autouse=True)
def _no_key_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)


def test_a_secret_comes_back_and_stands_nowhere_readable(tmp_path: Path) -> None:
    store = SecretStore(tmp_path / "data")
    store.put("nats", "құпия-hunter2")
    store.put("camera/hall", "other")
    store.put("nats", "newer-hunter2")

    assert SecretStore(tmp_path / "data").get("nats") == "newer-hunter2"
    assert store.names() == ("camera/hall", "nats")
    for file in (tmp_path / "data").iterdir():
        assert file.stat().st_mode & 0o077 == 0, file.name
        assert b"hunter2" not in file.read_bytes()


def test_what_is_not_stored_is_none_or_says_how_to_store_it(tmp_path: Path) -> None:
    store = SecretStore(tmp_path)
    assert store.get("nats") is None
    with pytest.raises(NotFound, match="qorgan edge set-secret nats"):
        store.need("nats")
    store.put("nats", "x")
    store.remove("nats")
    store.remove("nats")
    assert store.get("nats") is None


def test_the_key_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, Fernet.generate_key().decode())
    SecretStore(tmp_path).put("nats", "hunter2")
    assert not (tmp_path / "secrets.key").exists()
    assert SecretStore(tmp_path).get("nats") == "hunter2"

    monkeypatch.setenv(KEY_VARIABLE, Fernet.generate_key().decode())
    with pytest.raises(Corrupt, match="cannot be decrypted"):
        SecretStore(tmp_path).get("nats")
    monkeypatch.setenv(KEY_VARIABLE, "short")
    with pytest.raises(Corrupt, match=KEY_VARIABLE):
        SecretStore(tmp_path).get("nats")


def test_a_lost_key_or_a_broken_file_is_named_and_not_written_over(tmp_path: Path) -> None:
    store = SecretStore(tmp_path)
    store.put("nats", "hunter2")
    (tmp_path / "secrets.key").unlink()
    for attempt in (lambda: store.get("nats"), lambda: store.put("camera/hall", "x")):
        with pytest.raises(Corrupt, match="the key is gone"):
            attempt()
    (tmp_path / "secrets.json").write_text("{")
    with pytest.raises(Corrupt, match="is not JSON"):
        store.put("nats", "x")
    assert (tmp_path / "secrets.json").read_text() == "{"


@pytest.mark.parametrize("name", ["", "root", "camera/", "camera/../x", "button/A", "nats/x"])
def test_only_names_that_somebody_asks_for_are_stored(tmp_path: Path, name: str) -> None:
    with pytest.raises(Invalid):
        SecretStore(tmp_path).put(name, "x")

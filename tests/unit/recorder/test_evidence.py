"""The daily root: what was recorded on a day can be proved, and whatever was changed since is found and named."""

import base64
import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.index_rows import a_row

from qorgan.edge.recorder.evidence import (
    DAY_US,
    SETTLE_US,
    make_root,
    merkle_root,
    node_key,
    public_key,
    public_text,
    read_list,
    trim_lists,
    verify_roots,
)
from qorgan.edge.recorder.index import Index
from qorgan.edge.secrets import SecretStore
from qorgan.kernel.errors import Corrupt
from qorgan.kernel.ids import SiteId

SITE = SiteId("kst-012")
DAY_1 = 20_000 * DAY_US  # 2024-10-04
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture
def index(tmp_path):
    index = Index(tmp_path / "index.db")
    yield index
    index.close()


def a_file(id: int, start_us: int, text: str = "") -> object:
    return a_row(id, start_us, sha256=hashlib.sha256(f"{id}{text}".encode()).digest())


def doubts(index: Index) -> list[tuple[str, str]]:
    return [(doubt.code, doubt.path) for doubt in verify_roots(index, index.directory, SITE, KEY.public_key())]


def test_a_day_gets_its_root_once_it_is_over_and_its_files_are_closed(index):
    index.commit([a_file(1, DAY_1), a_file(2, DAY_1 + 60_000_000), a_file(3, DAY_1 + DAY_US)], [])

    assert make_root(index, index.directory, SITE, KEY, DAY_1 + DAY_US) is None
    root = make_root(index, index.directory, SITE, KEY, DAY_1 + DAY_US + SETTLE_US)
    assert (1, "20241004", 2) == (root.number, root.day, root.files)
    assert make_root(index, index.directory, SITE, KEY, DAY_1 + DAY_US + 2 * SETTLE_US) is None
    assert ["hall/main/1.mp4", "hall/main/2.mp4"] == [path for path, _ in read_list(index.directory, root.day).files]
    assert [] == doubts(index)


def test_a_file_closed_late_belongs_to_the_next_root_and_each_root_follows_the_one_before(index):
    late = a_file(2, DAY_1 + 60_000_000)
    late.state = "open"
    index.commit([a_file(1, DAY_1), late], [])
    first = make_root(index, index.directory, SITE, KEY, DAY_1 + DAY_US + SETTLE_US)
    late.state = "closed"
    index.commit([late], [])
    second = make_root(index, index.directory, SITE, KEY, DAY_1 + 2 * DAY_US + SETTLE_US)

    assert (1, 1) == (first.files, second.files)
    assert hashlib.sha256(index.roots()[0][2].encode()).hexdigest() == second.previous
    assert [] == doubts(index)


def two_days(index: Index) -> None:
    index.commit([a_file(1, DAY_1), a_file(2, DAY_1 + DAY_US)], [])
    make_root(index, index.directory, SITE, KEY, DAY_1 + DAY_US + SETTLE_US)
    make_root(index, index.directory, SITE, KEY, DAY_1 + 2 * DAY_US + SETTLE_US)


def test_a_hash_changed_in_the_index_is_found_and_named(index):
    two_days(index)
    index.commit([a_file(1, DAY_1, "forged")], [])

    assert [("evidence.hash_changed", "hall/main/1.mp4")] == doubts(index)


def test_a_list_changed_on_disk_is_found(index):
    two_days(index)
    path = index.directory / "roots" / "20241004.json"
    path.write_text(path.read_text("utf-8").replace("hall/main/1", "hall/main/9"), "utf-8")

    assert [("evidence.list_damaged", "roots/20241004.json")] == doubts(index)
    path.unlink()
    assert [("evidence.list_missing", "roots/20241004.json")] == doubts(index)


def test_a_root_made_again_by_somebody_else_is_found(index):
    """Who can write the disk can compute every hash anew; only the node's key can sign them."""
    two_days(index)
    forger = Ed25519PrivateKey.generate()
    signed = index.roots()[0][2].replace(json.loads(index.roots()[0][2])["root"], "00" * 32)
    signature = forger.sign(signed.encode())
    index._db.execute("UPDATE roots SET signed = ?, signature = ? WHERE number = 1", (signed, signature))
    path = index.directory / "roots" / "20241004.json"
    file = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(file | {"signed": signed, "signature": base64.b64encode(signature).decode()}), "utf-8")

    assert {"evidence.signature", "evidence.list_damaged", "evidence.chain_broken"} == {
        code for code, _ in doubts(index)
    }


def test_a_root_taken_away_is_missed(index):
    two_days(index)
    index._db.execute("DELETE FROM roots WHERE number = 1")

    assert {"evidence.root_missing", "evidence.chain_broken"} == {code for code, _ in doubts(index)}


def test_what_retention_deleted_can_still_be_proved_to_have_been_there(index):
    two_days(index)
    index.forget([1])

    assert [] == doubts(index)
    assert "hall/main/1.mp4" in dict(read_list(index.directory, "20241004").files)


def test_a_list_goes_with_the_last_file_it_vouches_for_and_the_chain_stays_whole(index):
    """Some megabytes a day, for ever, would fill the disk; a file that is held keeps its list."""
    index.commit([a_file(1, DAY_1), a_file(2, DAY_1 + 60_000_000), a_file(3, DAY_1 + DAY_US)], [])
    make_root(index, index.directory, SITE, KEY, DAY_1 + DAY_US + SETTLE_US)
    make_root(index, index.directory, SITE, KEY, DAY_1 + 2 * DAY_US + SETTLE_US)
    index.forget([1])
    assert 0 == trim_lists(index, index.directory)

    index.forget([2])
    assert 1 == trim_lists(index, index.directory)
    assert ["20241005.json"] == [path.name for path in (index.directory / "roots").iterdir()]
    assert 2 == len(index.roots())
    assert [] == doubts(index)
    assert 0 == trim_lists(index, index.directory)


def test_a_crash_between_list_and_index_makes_the_same_root_again(index, monkeypatch):
    index.commit([a_file(1, DAY_1)], [])
    with monkeypatch.context() as patch:
        patch.setattr(index, "add_root", lambda *arguments: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            make_root(index, index.directory, SITE, KEY, DAY_1 + DAY_US + SETTLE_US)
    make_root(index, index.directory, SITE, KEY, DAY_1 + DAY_US + SETTLE_US + 1)

    assert [] == doubts(index)
    assert 1 == len(index.roots())


def test_the_nodes_key_is_made_once_and_kept_encrypted(tmp_path):
    key = node_key(SecretStore(tmp_path))

    assert key.private_bytes_raw() == node_key(SecretStore(tmp_path)).private_bytes_raw()
    stored = (tmp_path / "secrets.json").read_text("utf-8")
    assert base64.urlsafe_b64encode(key.private_bytes_raw()).decode() not in stored
    assert public_key(public_text(key.public_key())).public_bytes_raw() == key.public_key().public_bytes_raw()
    SecretStore(tmp_path).put("evidence", "junk")
    with pytest.raises(Corrupt):
        node_key(SecretStore(tmp_path))


def rfc_6962(leaves: list[tuple[str, str]]) -> bytes:
    """MTH of RFC 6962 §2.1, word by word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + f"{leaves[0][0]}\0{leaves[0][1]}".encode()).digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\1" + rfc_6962(leaves[:half]) + rfc_6962(leaves[half:])).digest()


@settings(deadline=None)
@given(st.lists(st.tuples(st.text("abc/", max_size=5), st.text("0123456789abcdef", max_size=6)), max_size=40))
def test_the_tree_is_that_of_the_rfc(leaves):
    assert rfc_6962(leaves) == merkle_root(leaves)

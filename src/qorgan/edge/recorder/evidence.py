"""The signed daily root: proof that no file of a day was changed since, without storing the files twice.

Each file's SHA-256 is in the index once it is closed. After each UTC day a Merkle tree (RFC 6962 §2.1) over the sorted
(path, SHA-256) of all files closed by then and under no root yet makes one hash; it is chained to the root before and
signed with the node's own Ed25519 key. Files closed late belong to the next root. UTC, because the files' names count
UTC days too, and because a country's zone may change (Kazakhstan's did in 2024) while a day that was signed may not.

The root is kept in index.db and, with the list it was made of, as `roots/YYYYMMDD.json` beside the archive: the list
lets anybody prove one file, or that a file existed, after retention has deleted the others. When the last file of a
list is gone, the list goes, too (`trim_lists`): some megabytes a day, for ever, would fill the disk. The roots stay, a
few hundred bytes a day, so that the chain is whole.
"""

import base64
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from qorgan.edge.files import replace_file
from qorgan.edge.recorder.index import Index
from qorgan.edge.secrets import SecretStore
from qorgan.kernel.clock import from_us
from qorgan.kernel.errors import Corrupt
from qorgan.kernel.ids import SiteId

log = structlog.get_logger()

SECRET = "evidence"  # noqa: S105 - the name of one, not the secret
DAY_US = 86_400_000_000
SETTLE_US = 600_000_000  # ten minutes after midnight the last files of the day are closed
MAX_LIST_BYTES = 256_000_000
Leaf = tuple[str, str]  # path, SHA-256 in hex


class SignedRoot(msgspec.Struct, frozen=True, kw_only=True):
    """What is signed, byte for byte as its JSON stands in the index."""

    site: str
    number: int  # 1, 2, 3 …: none may be missing
    day: str  # YYYYMMDD, the UTC day that had ended
    made_at: str
    files: int
    root: str  # hex
    previous: str  # SHA-256 of what was signed before, hex; of nothing for the first
    version: int = 1


class RootFile(msgspec.Struct, frozen=True, kw_only=True):
    """`roots/YYYYMMDD.json`."""

    signed: str
    signature: str  # base64
    public_key: str  # base64url, as `qorgan edge check` shows it
    files: list[Leaf]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that does not prove what it should."""

    code: str
    path: str
    message: str


def merkle_root(leaves: Sequence[Leaf]) -> bytes:
    """RFC 6962 §2.1 over `path NUL sha256` of each leaf, in the order given; of no leaves the SHA-256 of nothing."""
    level = [hashlib.sha256(b"\0" + f"{path}\0{digest}".encode()).digest() for path, digest in leaves]
    if not level:
        return hashlib.sha256(b"").digest()
    while len(level) > 1:  # pairs from the left; an odd one rises as it is: the same tree as the RFC's recursion
        pairs = [
            hashlib.sha256(b"\1" + left + right).digest() for left, right in zip(level[0::2], level[1::2], strict=False)
        ]
        level = [*pairs, *(level[-1:] if len(level) % 2 else [])]
    return level[0]


def node_key(secrets: SecretStore) -> Ed25519PrivateKey:
    """The node's key for evidence, made at its first use. Raises `Corrupt` when it cannot be read."""
    stored = secrets.get(SECRET)
    if stored is None:
        key = Ed25519PrivateKey.generate()
        secrets.put(SECRET, base64.urlsafe_b64encode(key.private_bytes_raw()).decode("ascii"))
        log.warning("evidence.key_made", public_key=public_text(key.public_key()))
        return key
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(stored))
    except ValueError as error:
        raise Corrupt("the node's key for evidence is damaged", code="evidence.key_damaged") from error


def public_text(key: Ed25519PublicKey) -> str:
    """base64url without padding, as in a JWK's `x` (RFC 8037)."""
    return base64.urlsafe_b64encode(key.public_bytes_raw()).rstrip(b"=").decode("ascii")


def public_key(text: str) -> Ed25519PublicKey:
    """Raises `Corrupt` for what is no Ed25519 public key."""
    try:
        return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError as error:
        raise Corrupt("this is no Ed25519 public key", code="evidence.key_damaged") from error


def make_root(index: Index, archive: Path, site: SiteId, key: Ed25519PrivateKey, now_us: int) -> SignedRoot | None:
    """The root of the day that has ended, if it is time and there is something to prove; else None.

    The list is on disk before the root is in the index: a crash in between makes the same root again.
    """
    day_start = (now_us - SETTLE_US) // DAY_US * DAY_US
    day = f"{from_us(day_start - DAY_US):%Y%m%d}"
    roots = index.roots()
    if any(known == day for _, known, _, _ in roots):
        return None
    files = index.unrooted(day_start)
    if not files:
        return None
    leaves = [(path, digest.hex()) for _, path, digest in files]
    previous = hashlib.sha256(roots[-1][2].encode() if roots else b"").hexdigest()
    root = SignedRoot(
        site=site,
        number=roots[-1][0] + 1 if roots else 1,
        day=day,
        made_at=from_us(now_us).isoformat(),
        files=len(leaves),
        root=merkle_root(leaves).hex(),
        previous=previous,
    )
    signed = json.dumps(msgspec.to_builtins(root), sort_keys=True, separators=(",", ":"))
    signature = key.sign(signed.encode())
    _write_list(archive, day, signed, signature, key.public_key(), leaves)
    index.add_root(root.number, day, signed, signature, [id for id, _, _ in files])
    log.info("evidence.root_made", day=day, number=root.number, files=root.files)
    return root


def _write_list(
    archive: Path, day: str, signed: str, signature: bytes, key: Ed25519PublicKey, leaves: list[Leaf]
) -> None:
    folder = archive / "roots"
    folder.mkdir(exist_ok=True)
    file = RootFile(
        signed=signed,
        signature=base64.b64encode(signature).decode("ascii"),
        public_key=public_text(key),
        files=leaves,
    )
    replace_file(folder / f"{day}.json", msgspec.json.encode(file) + b"\n", mode=0o640)


def trim_lists(index: Index, archive: Path) -> int:
    """Delete the lists of which no file is kept any more; how many. A file under a hold keeps its list."""
    gone = 0
    for day in index.empty_roots():
        path = archive / "roots" / f"{day}.json"
        try:
            path.unlink()
        except FileNotFoundError:
            continue
        except OSError as error:  # it stays until the next time
            log.warning("evidence.list_kept", day=day, error=os.strerror(error.errno or 0))
            continue
        gone += 1
        log.info("evidence.list_trimmed", day=day)
    return gone


def read_list(archive: Path, day: str) -> RootFile:
    """The list of a day. Raises `Corrupt` when it is missing or is none."""
    path = archive / "roots" / f"{day}.json"
    try:
        if path.stat().st_size > MAX_LIST_BYTES:
            raise Corrupt(f"{path.name} is too large", code="evidence.list_damaged")
        return msgspec.json.decode(path.read_bytes(), type=RootFile)
    except FileNotFoundError as error:
        raise Corrupt("the list of this day is missing", code="evidence.list_missing") from error
    except msgspec.MsgspecError as error:
        raise Corrupt("the list of this day cannot be read", code="evidence.list_damaged") from error


def verify_roots(index: Index, archive: Path, site: SiteId, key: Ed25519PublicKey) -> Iterator[Doubt]:
    """Check the chain, each signature, each list, and that the index agrees with the lists. Reads no video."""
    previous, expected, empty = b"", 1, index.empty_roots()
    for number, day, signed, signature in index.roots():
        name = f"roots/{day}.json"
        if number != expected:
            yield Doubt("evidence.root_missing", name, f"root {expected} is missing before root {number}")
        yield from _verify_signature(name, signed, signature, key)
        try:
            root = msgspec.json.decode(signed, type=SignedRoot)
        except msgspec.MsgspecError:
            yield Doubt("evidence.root_damaged", name, "what was signed is not a root")
            root = None
        if root is not None:
            if (root.number, root.day, root.site) != (number, day, site):
                yield Doubt("evidence.root_damaged", name, "the root is another's: its number, day or site differ")
            if root.previous != hashlib.sha256(previous).hexdigest():
                yield Doubt("evidence.chain_broken", name, "it does not follow the root before it")
            trimmed = day in empty and not (archive / name).exists()
            if not trimmed:
                yield from _verify_list(index, archive, name, signed, root)
        previous, expected = signed.encode(), number + 1


def _verify_signature(name: str, signed: str, signature: bytes, key: Ed25519PublicKey) -> Iterator[Doubt]:
    try:
        key.verify(signature, signed.encode())
    except InvalidSignature:
        yield Doubt("evidence.signature", name, "the signature is not this node's")


def _verify_list(index: Index, archive: Path, name: str, signed: str, root: SignedRoot) -> Iterator[Doubt]:
    try:
        listed = read_list(archive, root.day)
    except Corrupt as error:
        yield Doubt(error.code, name, str(error))
        return
    if listed.signed != signed:
        yield Doubt("evidence.list_damaged", name, "it carries another root than the index")
    if len(listed.files) != root.files or merkle_root(listed.files).hex() != root.root:
        yield Doubt("evidence.list_damaged", name, "the files it lists are not those that were signed")
        return
    digests = dict(listed.files)
    for path, (digest, _) in index.rooted(root.number).items():
        if digests.get(path) != digest.hex():
            yield Doubt("evidence.hash_changed", path, f"the index has another hash than what was signed on {root.day}")

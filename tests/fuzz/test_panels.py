"""Bytes of hostile and broken panels: never a crash, never a false alarm, never an acknowledged loss.

A thousand of each; `QORGAN_FUZZ` says otherwise. Millions: `python -m tests.fuzz --target dc09 --target surgard`.
"""

import os
import random

import pytest
from tests.fuzz.__main__ import fuzz_target
from tests.fuzz.panels import KEY, Node, now, targets

from qorgan.kernel.errors import Exhausted
from qorgan.protocols.dc09.frames import FrameReader, frame
from qorgan.protocols.dc09.messages import Message, write_message

INPUTS = int(os.environ.get("QORGAN_FUZZ", "1000"))
TARGETS = {target.name: target for target in targets()}


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_panels_are_borne(name: str) -> None:
    seed = random.SystemRandom().getrandbits(32)
    report = fuzz_target(TARGETS[name], inputs=INPUTS, seed=seed)
    assert report.finding is None, f"seed {seed}: {report.finding}"


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_not_damaged_is_borne_too(name: str) -> None:
    for seed in TARGETS[name].seeds:
        TARGETS[name].try_one(seed)


def test_no_single_damaged_byte_of_a_frame_makes_an_alarm() -> None:
    """CRC-16 finds every burst of up to sixteen bits; a changed header or end is no frame."""
    good = write_message(Message(id="ADM-CID", seq=7, account="1234", data="#1234|1120 01 005"))
    for at in range(len(good)):
        for value in range(256):
            bad = good[:at] + bytes([value]) + good[at + 1 :]
            if bad.upper() == good.upper():
                continue
            bodies = [unit for unit in FrameReader().feed(bad) if isinstance(unit, bytes)]
            assert not bodies, bad


def test_whoever_has_no_key_raises_no_alarm_of_an_encrypted_panel() -> None:
    chance, node = random.Random(5), Node()
    for _ in range(300):
        digits = chance.randbytes(16 * chance.randint(1, 8)).hex().upper()
        body = f'"*ADM-CID"0001L0#AB01[{digits}'.encode()
        [whole] = FrameReader().feed(frame(body))
        assert isinstance(whole, bytes)
        answer, ours = now(node.dc09.answer(whole, "10.0.0.9"))
        assert b'"DUH"' in answer and not ours
    assert [] == node.door.signals


def test_a_full_disk_is_never_acknowledged() -> None:
    node = Node()
    node.door.refuses = True
    for seed in TARGETS["dc09"].seeds:
        for unit in FrameReader().feed(seed):
            assert isinstance(unit, bytes)
            answer, _ = now(node.dc09.answer(unit, "10.0.0.1"))
            assert b"ACK" not in answer[:20]
    assert node.door.refused and Exhausted.code and KEY

"""What a panel cannot do, tried in full: no damaged byte, no wrong key, no full disk makes or takes an alarm."""

import random
import tracemalloc
from collections.abc import Callable

from tests.fuzz.panels import KEY, Node, now
from tests.fuzz.targets import all_targets

from qorgan.kernel.errors import Exhausted
from qorgan.protocols.dc09.frames import FrameReader, frame
from qorgan.protocols.dc09.messages import Message, write_message
from qorgan.protocols.surgard import ACK, LineReader, write_event


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
    for seed in all_targets()["dc09"].seeds:
        for unit in FrameReader().feed(seed):
            assert isinstance(unit, bytes)
            answer, _ = now(node.dc09.answer(unit, "10.0.0.1"))
            assert b"ACK" not in answer[:20]
    assert node.door.refused and Exhausted.code and KEY


def growth(work: Callable[[range], None], first: range, more: range) -> int:
    """Bytes held after more than after the first."""
    tracemalloc.start()
    try:
        work(first)
        before = tracemalloc.get_traced_memory()[0]
        work(more)
        return tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


def test_a_receiver_that_tells_of_ever_new_accounts_fills_no_memory() -> None:
    """A Sur-Gard receiver may speak for sixteen million accounts, and an alarm of an unknown one is an alarm."""
    node = Node()

    def tell(accounts: range) -> None:
        for account in accounts:
            [line] = LineReader().feed(write_event(f"{account:06X}", "1120", partition="1", point="5"))
            assert isinstance(line, bytes)
            answer, _ = now(node.surgard.answer(line, "10.0.0.2"))
            assert answer == ACK
            node.door.signals.clear()

    assert growth(tell, range(1_050), range(1_050, 2_050)) < 200_000


def test_long_messages_are_not_remembered_in_full() -> None:
    """What was said in the last five minutes is remembered, and a message may have four thousand characters."""
    node = Node()

    def tell(numbers: range) -> None:
        for seq in numbers:
            text = write_message(Message(id="SIA-DCS", seq=seq, account="1234", data=f"#1234|NPA5^{seq:03900d}^"))
            [body] = FrameReader().feed(text)
            assert isinstance(body, bytes)
            answer, _ = now(node.dc09.answer(body, "10.0.0.1"))
            assert b'"ACK"' in answer
            node.door.signals.clear()

    assert growth(tell, range(5), range(5, 80)) < 150_000

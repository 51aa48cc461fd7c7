"""What a receiver answers (§5.5.2): ACK, NAK, DUH, or nothing at all."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from qorgan.protocols.dc09.frames import frame
from qorgan.protocols.dc09.messages import Message, write_message

EARLIEST, LATEST = timedelta(seconds=-40), timedelta(seconds=20)  # §5.5.1.9


class Answer(StrEnum):
    """`ACK` only when what was said is durable; silence for bad frames, and when it could not be stored."""

    ACK = "ack"
    NAK = "nak"
    DUH = "duh"
    SILENCE = "silence"


def in_time(message: Message, now: datetime) -> bool:
    """Whether a message is of now: at most 40 s behind and 20 s ahead. An encrypted one must have a timestamp."""
    if message.timestamp is None:
        return not message.encrypted
    return EARLIEST <= message.timestamp - now <= LATEST


def write_answer(answer: Answer, message: Message, now: datetime, key: bytes | None) -> bytes:
    """The frame of an answer, empty for silence. An ACK is encrypted when the message was; the others never are."""
    if answer is Answer.SILENCE:
        return b""
    if answer is Answer.NAK:
        return _nak(now)
    echo = replace(message, id=answer.name, data="", extensions=(), timestamp=None, encrypted=False)
    if answer is Answer.ACK and message.encrypted:
        return write_message(replace(echo, timestamp=now), key)
    return write_message(echo)


def _nak(now: datetime) -> bytes:
    return frame(now.strftime('"NAK"0000R0L0A0[]_%H:%M:%S,%m-%d-%Y').encode("ascii"))

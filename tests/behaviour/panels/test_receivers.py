"""From an alarm panel to the outbox: kept before it is acknowledged, once, whatever panel, line or disk do."""

import asyncio
import errno
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from my_dc09_spt.comm.transpathtcp import TransPathTCP
from my_dc09_spt.comm.transpathudp import TransPathUDP
from my_dc09_spt.dc09_spt import dc09_spt
from my_dc09_spt.msg.dc09_msg import dc09_msg
from tests.support.panels import KEY_16, KEY_HEX, PanelSchool, a_school, until

from qorgan.domain.signals import Meaning
from qorgan.edge.core.store import DiskFull, WriteFailed
from qorgan.kernel.errors import Rejected, Unavailable
from qorgan.protocols.dc09.frames import frame
from qorgan.protocols.dc09.messages import SIA_DCS, read_key
from qorgan.protocols.surgard import ACK, NAK, write_heartbeat
from qorgan.sim.panel import event_line

PANIC = "1120 01 005"


@pytest.fixture
def school(tmp_path: Path) -> PanelSchool:
    return a_school(tmp_path)


@pytest.mark.parametrize("udp", [False, True], ids=["tcp", "udp"])
async def test_a_press_is_in_the_outbox_when_it_is_acknowledged(school: PanelSchool, udp: bool) -> None:
    async with school.open():
        answer = await school.panel(udp=udp, receiver="A", prefix="12").report(PANIC)
        assert ("ACK", 1, "A", "12", False) == (
            answer.id,
            answer.seq,
            answer.receiver,
            answer.prefix,
            answer.encrypted,
        )
        [alarm] = await school.alarms()
    assert ("gym-button", "Спортзал түймесі", "P1", "real") == (
        alarm.button,
        alarm.place.kk,
        alarm.level,
        alarm.kind,
    )
    assert ("panel.dc09", "panic", "1120") == (alarm.source, alarm.meaning, alarm.code)


@pytest.mark.parametrize(("account", "key"), [("AB01", KEY_16), ("AB02", KEY_HEX)], ids=["characters", "hexadecimal"])
@pytest.mark.parametrize("udp", [False, True], ids=["tcp", "udp"])
async def test_encrypted_panels_are_heard_and_answered_alike(
    school: PanelSchool, account: str, key: str, udp: bool
) -> None:
    async with school.open():
        panel = school.panel(account, key=read_key(key), udp=udp)
        assert (await panel.report("Nri1/HA7^safe^", SIA_DCS)).encrypted
        assert (await panel.null()).encrypted
        [alarm] = await school.alarms()
    assert ("hold_up", "HA", "P1", "safe") == (alarm.meaning, alarm.code, alarm.level, alarm.note)


@pytest.mark.parametrize("kind", ["TCP", "UDP"])
@pytest.mark.parametrize("account", ["1234", "AB01", "AB02"])
async def test_a_dialler_that_is_not_ours_is_heard(
    school: PanelSchool, kind: str, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`my-dc09-spt` with Contact ID, SIA DCS and polls; its pads are too short, its prefix is missing."""
    for its_socket in (TransPathTCP, TransPathUDP):  # it waits a second for a datagram's answer, and asks no option
        monkeypatch.setattr(its_socket.__init__, "__defaults__", (250,))
    key = {"1234": None, "AB01": read_key(KEY_16), "AB02": read_key(KEY_HEX)}[account]
    async with school.open():
        dialler = dc09_spt(account)
        dialler.set_path("main", "primary", "127.0.0.1", school.dc09_port, account=account, key=key, type=kind)
        path = dialler.tpaths["main"]["primary"]["path"]

        def dial() -> list[bool]:
            cid, sia = f"#{account}|1122 01 009]", f"#{account}|Nri2PA9]"
            asked = [(1, "ADM-CID", cid), (2, "SIA-DCS", sia), (0, "NULL", "]"), (1, "ADM-CID", cid)]
            return [dialler.transfer_msg(number, name, text, path) for number, name, text in asked]

        assert [True, True, True, True] == await asyncio.to_thread(dial)
        assert ["1122", "PA"] == [alarm.code for alarm in await school.alarms()]


async def test_a_dialler_that_is_not_ours_sets_its_clock_by_our_answer(school: PanelSchool) -> None:
    """Its codec over a socket of ours, for its own trips over the type of the answer that comes after a NAK."""
    dialler = dc09_msg("AB01", read_key(KEY_16), offset=-3_600)

    async def exchange() -> tuple[str, float]:
        reader, writer = await asyncio.open_connection("127.0.0.1", school.dc09_port)
        writer.write(dialler.dc09block(5, "ADM-CID", "#AB01|1120 01 001]").encode())
        answer = await reader.readuntil(b"\r")
        writer.close()
        await writer.wait_closed()
        return dialler.dc09answer(5, answer.decode())  # type: ignore[no-any-return]

    async with school.open():
        said, offset = await exchange()
        assert "NAK" == said and abs(offset) < 60
        dialler.set_offset(offset)
        assert "ACK" == (await exchange())[0]
        assert 1 == len(await school.alarms())


async def test_repetitions_are_acknowledged_and_counted_once(school: PanelSchool) -> None:
    """DC-09 annex C: 9995, 9996, 9995, 9997 are three events."""
    async with school.open():
        panel = school.panel()
        messages = {
            seq: replace(panel.make("ADM-CID", f"#1234|1130 01 {seq % 1000:03d}"), seq=seq)
            for seq in range(9_995, 9_998)
        }
        for seq in (9_995, 9_996, 9_995, 9_997):
            assert "ACK" == (await panel.send(messages[seq])).id
        assert ["gym.1.995", "gym.1.996", "gym.1.997"] == [alarm.button for alarm in await school.alarms()]
        assert 1 == school.counts()["repeated"]


async def test_a_second_press_is_a_second_alarm(school: PanelSchool) -> None:
    async with school.open():
        panel = school.panel()
        await panel.report(PANIC)
        await panel.report(PANIC)
        assert 2 == len(await school.alarms())


async def test_copies_that_come_at_the_same_time_are_one_alarm(school: PanelSchool) -> None:
    async with school.open():
        panel = school.panel()
        message = panel.make("ADM-CID", f"#1234|{PANIC}")
        answers = await asyncio.gather(*(panel.try_once(message) for _ in range(20)))
        assert ["ACK"] * 20 == [answer.id for answer in answers if answer]
        assert 1 == len(await school.alarms())


async def test_what_was_stored_but_not_acknowledged_is_one_alarm_after_a_restart(school: PanelSchool) -> None:
    panel = school.panel()
    message = panel.make("ADM-CID", f"#1234|{PANIC}")
    async with school.open():
        assert await panel.try_once(message)
        [before] = await school.alarms()
    async with school.open():
        assert "ACK" == (await panel.send(message)).id
        assert [before] == await school.alarms()
        await panel.report(PANIC)
        assert 2 == len(await school.alarms())


@pytest.mark.parametrize("error", [DiskFull("full"), WriteFailed("EIO")], ids=["no room", "broken"])
async def test_what_cannot_be_stored_is_not_acknowledged(school: PanelSchool, error: Exception) -> None:
    async with school.open():
        panel, signal = school.panel(answer_within_s=0.5), school.node.signal

        async def refuse(_signal: Any) -> Any:
            raise error

        school.node.signal = refuse  # type: ignore[method-assign]
        sending = asyncio.create_task(panel.report(PANIC))
        await until(lambda: school.counts().get("not_stored"), "a refusal")
        assert [] == panel.answers and [] == await school.alarms()
        school.node.signal = signal  # type: ignore[method-assign]
        # what was silent comes again: the dialler's own repetition
        async with asyncio.timeout(60):
            assert "ACK" == (await sending).id
        assert 1 == len(await school.alarms())
        assert panel.answers[0] == ""


async def test_a_full_disk_is_silence(school: PanelSchool) -> None:
    """ENOSPC as SQLite says it, from the real writer's thread."""
    async with school.open():
        write = school.store._write_batch

        def full(connection: Any, urgency: Any, batch: Any) -> None:
            failure = sqlite3.OperationalError(errno.ENOSPC, "database or disk is full")
            failure.sqlite_errorcode = sqlite3.SQLITE_FULL
            for waiting in batch:
                waiting.future.get_loop().call_soon_threadsafe(waiting.future.set_exception, DiskFull(str(failure)))

        school.store._write_batch = full  # type: ignore[method-assign]
        panel = school.panel()
        with pytest.raises(Unavailable):
            await panel.report(PANIC, give_up_after_s=0.5)
        assert [] == panel.answers
        school.store._write_batch = write  # type: ignore[method-assign]
        assert [] == await school.alarms()
        assert school.counts()["not_stored"] >= 1 and "dc09.ack" not in school.counts()


async def test_frames_are_read_however_they_are_cut(school: PanelSchool) -> None:
    async with school.open():
        panel = school.panel()
        frames = [panel.encode(panel.make("ADM-CID", f"#1234|1120 01 {zone:03d}")) for zone in range(1, 9)]
        reader, writer = await asyncio.open_connection("127.0.0.1", school.dc09_port)
        writer.write(b"".join(frames[:4]))  # joined
        for byte in b"".join(frames[4:]):  # split
            writer.write(bytes([byte]))
            await writer.drain()
        answers = [await reader.readuntil(b"\r") for _ in frames]
        writer.close()
        await writer.wait_closed()
        assert [f'"ACK"000{seq}L0#1234[]'.encode() for seq in range(1, 9)] == [answer[9:-1] for answer in answers]
        assert 8 == len(await school.alarms())


async def test_a_frame_with_a_bad_crc_gets_no_answer_and_the_next_one_does(school: PanelSchool) -> None:
    async with school.open():
        panel = school.panel()
        good = panel.encode(panel.make("ADM-CID", f"#1234|{PANIC}"))
        bad = good.replace(b"1120", b"1121")
        reader, writer = await asyncio.open_connection("127.0.0.1", school.dc09_port)
        writer.write(bad + good)
        assert b"ACK" in await reader.readuntil(b"\r")
        writer.close()
        await writer.wait_closed()
        assert ["1120"] == [alarm.code for alarm in await school.alarms()]
        assert 1 == school.counts()["dc09.damaged.crc"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"account": "9999"}, "unknown_account"),
        ({"account": "AB01"}, "in_clear"),
        ({"account": "AB01", "key": bytes(16)}, "wrong_key"),
        ({"account": "1234", "key": bytes(16)}, "no_key"),
    ],
)
async def test_who_is_not_known_is_told_so_and_shown(school: PanelSchool, options: dict[str, Any], reason: str) -> None:
    async with school.open():
        panel = school.panel(**options)
        with pytest.raises(Rejected):
            await panel.report(PANIC)
        assert ["DUH"] == panel.answers and [] == await school.alarms()
        assert 1 == school.counts()[f"dc09.{reason}"]
        strangers: Any = school.panels.status()["strangers"]
        assert [(options["account"], reason)] == [(one["account"], one["reason"]) for one in strangers]


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_message_of_another_time_is_refused_with_ours(school: PanelSchool, hours: int) -> None:
    async with school.open():
        panel = school.panel("AB01", key=read_key(KEY_16), clock_offset=timedelta(hours=hours))
        stale = panel.make("ADM-CID", "#AB01|1120 01 001")
        assert "ACK" == (await panel.send(stale)).id
        assert ["NAK", "ACK"] == panel.answers
        assert 1 == len(await school.alarms())
        assert [()] == [health.faults for health in await school.healths("safe")]


async def test_a_panel_that_does_not_set_its_clock_has_a_fault(school: PanelSchool) -> None:
    async with school.open():
        panel = school.panel("AB01", key=read_key(KEY_16))
        for _ in range(2):
            panel.clock_offset = timedelta(hours=2)
            answer = await panel.try_once(panel.make("ADM-CID", "#AB01|1120 01 001"))
            assert answer is not None and "NAK" == answer.id
        assert [("clock_wrong",)] == [health.faults for health in await school.healths("safe")]
        await panel.null()
        assert [("clock_wrong",), ()] == [health.faults for health in await school.healths("safe")][:2]
        assert [] == await school.alarms()


@pytest.mark.parametrize(
    ("id", "data", "code"),
    [
        ("ADM-CID", "#1234|1777 01 005", "1777"),
        ("ADM-CID", "#1234|help!", "ADM-CID"),
        ("SIA-DCS", "#1234|???", "SIA-DCS"),
        ("SCN-S8", "#1234|12345678", "SCN-S8"),
    ],
)
async def test_what_nobody_can_read_is_an_alarm_for_a_human(school: PanelSchool, id: str, data: str, code: str) -> None:
    async with school.open():
        panel = school.panel()
        assert "ACK" == (await panel.send(panel.make(id, data))).id
        [alarm] = await school.alarms()
        assert ("unknown", code) == (alarm.meaning, alarm.code)
        assert alarm.level in ("P1", "P2")


async def test_an_id_that_does_not_exist_is_not_understood(school: PanelSchool) -> None:
    async with school.open():
        panel = school.panel()
        with pytest.raises(Rejected):
            await panel.send(panel.make("NEWS-1", "#1234|hello"))


async def test_a_cancel_is_a_claim_and_ends_nothing(school: PanelSchool) -> None:
    async with school.open():
        panel = school.panel()
        await panel.report(PANIC)
        cancel = panel.make("ADM-CID", "#1234|1406 01 003")
        await panel.send(cancel)
        await panel.send(cancel)
        [alarm], [claim] = await school.alarms(), await school.claims()
        assert (alarm.alarm, "cancel", "gym user 3") == (claim.alarm, claim.claim, claim.by)


async def test_a_cancel_after_a_restart_still_finds_the_alarm(school: PanelSchool) -> None:
    panel = school.panel()
    async with school.open():
        await panel.report(PANIC)
    async with school.open():
        await panel.report("1406 01 003")
        assert ["cancel"] == [claim.claim for claim in await school.claims()]


async def test_a_button_that_returns_is_a_claim(school: PanelSchool) -> None:
    async with school.open():
        panel = school.panel()
        await panel.report(PANIC)
        await panel.report("3120 01 005")
        [alarm], [claim] = await school.alarms(), await school.claims()
        assert (alarm.alarm, "returned") == (claim.alarm, claim.claim)


async def test_a_walk_test_is_an_alarm_of_the_kind_test(school: PanelSchool) -> None:
    async with school.open():
        await school.panel().report("1615 01 005")
        [alarm] = await school.alarms()
        assert ("test", "gym-button", "point_tested") == (alarm.kind, alarm.button, alarm.meaning)


async def test_a_press_during_a_walk_test_is_real(school: PanelSchool) -> None:
    async with school.open():
        panel = school.panel()
        await panel.report("1607 01 001")
        await panel.report(PANIC)
        assert [("real", "P1")] == [(alarm.kind, alarm.level) for alarm in await school.alarms()]


async def test_faults_have_a_beginning_and_an_end_and_outlive_a_restart(school: PanelSchool) -> None:
    panel = school.panel()
    async with school.open():
        await panel.report("1302 00 000")
        await panel.report("1301 00 000")
        await panel.report("1375 01 005")
        assert ("battery_low", "mains_lost") == (await school.healths("gym"))[-1].faults
        assert ("panic_trouble",) == (await school.healths("gym-button"))[-1].faults
    async with school.open():
        await panel.null()
        last = (await school.healths("gym"))[-1]
        assert ("fault", ("battery_low", "mains_lost")) == (last.state, last.faults)
        await panel.report("3302 00 000")
        await panel.report("3301 00 000")
        last = (await school.healths("gym"))[-1]
        assert ("ok", ()) == (last.state, last.faults)
        assert [] == await school.alarms()


async def test_an_opened_case_is_an_alarm_and_a_fault_until_it_is_closed(school: PanelSchool) -> None:
    async with school.open():
        panel = school.panel()
        await panel.report("1137 00 000")
        [alarm] = await school.alarms()
        assert ("tamper", "P2") == (alarm.meaning, alarm.level)
        assert ("fault", ("tamper",)) == [(one.state, one.faults) for one in await school.healths("gym")][-1]
        await panel.report("3137 00 000")
        assert ("ok", ()) == [(one.state, one.faults) for one in await school.healths("gym")][-1]
        assert ["returned"] == [claim.claim for claim in await school.claims()], "the alarm is for a human to close"


async def test_two_batteries_are_two_faults(school: PanelSchool) -> None:
    async with school.open():
        panel = school.panel()
        for event in ("1384 01 021", "1384 01 022", "3384 01 021"):
            await panel.report(event)
        assert ("battery_low",) == (await school.healths("gym"))[-1].faults
        await panel.report("3384 01 022")
        assert () == (await school.healths("gym"))[-1].faults


async def test_a_fault_that_could_not_be_written_down_is_not_acknowledged(school: PanelSchool) -> None:
    async with school.open():
        panel = school.panel()
        await panel.null()
        keep = school.panels._watch._keep

        async def fail() -> None:
            raise Unavailable("no room")

        school.panels._watch._keep = fail  # type: ignore[method-assign]
        with pytest.raises(Unavailable):
            await panel.report("1302 00 000", give_up_after_s=0.5)
        school.panels._watch._keep = keep  # type: ignore[method-assign]
        assert () == (await school.healths("gym"))[-1].faults
        panel.next_seq -= 1
        await panel.report("1302 00 000")
        assert ("battery_low",) == (await school.healths("gym"))[-1].faults


async def test_a_panel_that_falls_silent_has_a_fault_until_it_is_heard(tmp_path: Path) -> None:
    school = a_school(tmp_path, interval_s=1)
    async with school.open():
        await school.panel().null()
        await until(lambda: _state(school, "gym") == "silent", "silence")
        await school.panel().null()
        assert "ok" == _state(school, "gym")
        states = [health.state for health in await school.healths("gym")]
        assert ["ok", "silent", "ok"] == states[:3]


async def test_a_panel_without_its_key_is_shown(tmp_path: Path) -> None:
    school = a_school(tmp_path)
    from qorgan.edge.secrets import SecretStore

    SecretStore(school.config.storage.data).remove("panel/safe")
    async with school.open():
        await until(lambda: _state(school, "safe") == "fault", "the fault")
        assert ("no_key",) == (await school.healths("safe"))[-1].faults
        await school.panel().report(PANIC)  # the others go on


async def test_surgard_lines_are_acknowledged_after_the_commit(school: PanelSchool) -> None:
    async with school.open(), school.surgard() as receiver:
        assert ACK == await receiver.tell(write_heartbeat())
        assert ACK == await receiver.tell(b"5011 187777E12101001\x14")
        [alarm] = await school.alarms()
        assert ("panel.surgard", "duress", True, "P1", "old.user.1") == (
            alarm.source,
            alarm.meaning,
            alarm.duress,
            alarm.level,
            alarm.button,
        )
        assert NAK == await receiver.tell(b"what?\x14")


async def test_a_surgard_line_that_comes_twice_is_one_alarm_and_louder(school: PanelSchool) -> None:
    """Lines have no number: a repetition and a second press are the same to us, so nothing is merged in silence."""
    async with school.open(), school.surgard() as receiver:
        line = event_line("7777", "1120 01 003")
        for _ in range(3):
            assert ACK == await receiver.tell(line)
        [alarm] = await school.alarms()
        assert [(alarm.alarm, "again")] * 2 == [(claim.alarm, claim.claim) for claim in await school.claims()]


async def test_a_surgard_line_that_was_not_answered_before_a_restart_is_one_alarm(school: PanelSchool) -> None:
    line = event_line("7777", "1120 01 003")
    async with school.open(), school.surgard() as receiver:
        await receiver.tell(line)
    async with school.open(), school.surgard() as receiver:
        await receiver.tell(line)
        assert 1 == len(await school.alarms())
        await receiver.tell(event_line("7777", "1120 01 004"))
        assert 2 == len(await school.alarms())


async def test_an_account_that_nobody_configured_is_still_an_alarm_from_a_receiver_that_we_trust(
    school: PanelSchool,
) -> None:
    """The receiver would keep it, and everything behind it, until somebody answers."""
    async with school.open(), school.surgard() as receiver:
        assert ACK == await receiver.tell(event_line("4321", "1120 01 003"))
        assert ACK == await receiver.tell(b"8011    4321  1 5 5 5 \x14")
        assert [("P1", "panic"), ("P2", Meaning.UNKNOWN)] == [
            (alarm.level, alarm.meaning) for alarm in await school.alarms()
        ]


async def test_answers_sent_to_us_are_not_answered(school: PanelSchool) -> None:
    """Two receivers that answer each other's answers would never end."""
    async with school.open():
        reader, writer = await asyncio.open_connection("127.0.0.1", school.dc09_port)
        for id in ("ACK", "NAK", "DUH", "RSP"):
            writer.write(frame(f'"{id}"0001L0#1234[]'.encode()))
        writer.write(frame(b'"NULL"0009L0#1234[]'))
        assert b'"ACK"0009' in await reader.readuntil(b"\r")
        writer.close()
        await writer.wait_closed()


def _state(school: PanelSchool, key: str) -> str:
    sources: Any = school.panels.status()["sources"]
    return next(source.state for source in sources if source.key == key)

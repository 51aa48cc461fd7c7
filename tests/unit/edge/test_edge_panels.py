"""Panels in the configuration, whose event it is, and how much one address may ask."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.panels import CONFIG

from qorgan.domain.alarms import Level
from qorgan.domain.places import LocalText
from qorgan.edge.config import EdgeConfig, parse
from qorgan.edge.panels.accounts import Account, Accounts, sources_of
from qorgan.edge.panels.config import Panel, Zone
from qorgan.edge.panels.limits import MAX_ADDRESSES, Limiter
from qorgan.kernel.errors import Invalid
from qorgan.kernel.ids import ButtonKey
from qorgan.protocols.contact_id import parse_event

TEXT = CONFIG.format(http=8101, dc09=9009, surgard=9010, interval=90)
PLACE = LocalText(kk="Спортзал", ru="Спортзал зд. 2")


def read(text: str = TEXT) -> EdgeConfig:
    return parse(text, Path("/school/edge.toml"))


def a_panel(*zones: Zone) -> Account:
    return Account(Panel(key=ButtonKey("gym"), protocol="dc09", account="1234", place=PLACE, zones=zones))


def a_zone(key: str, zone: str, partition: str = "", *, panic: bool = False) -> Zone:
    return Zone(key=ButtonKey(key), zone=zone, partition=partition, place=LocalText(kk=key), panic=panic)


def test_the_configuration_names_panels_zones_and_receivers() -> None:
    config = read()
    assert ["gym", "safe", "safest", "old"] == [panel.key for panel in config.panels]
    assert config.panels[1].encrypted and not config.panels[0].encrypted
    assert config.receivers.dc09 is not None and 9009 == config.receivers.dc09.udp
    keys = [source.key for source in sources_of(config.panels, surgard_interval_s=60)]
    assert ["gym", "gym-button", "safe", "safest", "old", "receiver.surgard"] == keys


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        ('account = "1234"', 'account = "12 34"', "panels[0].account"),
        ('account = "AB02"', 'account = "00ab01"', "panels[2].account"),
        ('key = "safe"', 'key = "gym-button"', "panels[1].key"),
        ('key = "safe"', 'key = "Касса"', "panels[1].key"),
        ('zone = "005"', 'zone = "five"', "panels[0].zones[0].zone"),
        ("interval_s = 90", "interval_s = 0", "panels[0].interval_s"),
        ("tcp = 9009", "tcp = 0", "receivers.dc09.tcp"),
        ("[receivers.surgard]\ntcp = 9010\ninterval_s = 60", "", "receivers.surgard"),
        ("tcp = 9010", "tcp = 9010\nudp = 9010", "receivers.surgard.udp"),
        ("tcp = 9010", 'tcp = 9010\nallow = ["panel.school"]', "receivers.surgard.allow[0]"),
        ('protocol = "surgard"', 'protocol = "x25"', "panels[3].protocol"),
        ("panic = true", 'panic = true\ncameras = ["nowhere"]', "panels[0].zones[0].cameras[0]"),
        ("encrypted = false", "encypted = false", "panels[0].encypted"),
    ],
)
def test_a_mistake_is_named(before: str, after: str, field: str) -> None:
    assert before in TEXT
    with pytest.raises(Invalid, match=r"edge\.toml") as refused:
        read(TEXT.replace(before, after, 1))
    assert field in str(refused.value)


@pytest.mark.parametrize(
    ("event", "key"),
    [
        ("1120 01 005", "exact"),
        ("1120 02 005", "any"),
        ("1120 01 006", "gym.1.6"),
        ("1120 00 000", "gym"),
        ("1121 01 005", "gym.user.5"),
    ],
)
def test_the_zone_that_fits_best_is_found(event: str, key: str) -> None:
    account = a_panel(a_zone("any", "5"), a_zone("exact", "005", "1"))
    assert key == account.spot_of(parse_event(event)).source_key


def test_a_zone_that_is_not_named_has_a_place_all_the_same() -> None:
    spot = a_panel().spot_of(parse_event("1120 01 006"))
    assert LocalText(kk="Спортзал: 6-аймақ", ru="Спортзал зд. 2: зона 6", en="Спортзал: zone 6") == spot.place


def test_an_alarm_of_a_panic_button_is_p1_whatever_its_code() -> None:
    account = a_panel(a_zone("button", "5", panic=True))
    spot = account.spot_of(parse_event("1130 01 005"))
    assert Level.P1 is spot.level(Level.P2)
    assert Level.P2 is a_panel().spot_of(parse_event("1130 01 005")).level(Level.P2)


def test_accounts_of_two_protocols_are_two() -> None:
    dc09 = a_panel()
    accounts = Accounts({"gym": dc09})
    assert dc09 is accounts.find("dc09", "001234")
    assert None is accounts.find("surgard", "1234") is accounts.find("dc09", "")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 5), st.floats(0.1, 3)), max_size=60))
def test_no_address_gets_more_than_its_allowance_and_none_pays_for_another(
    steps: list[tuple[str, float, float]],
) -> None:
    limiter, now, spent = Limiter(rate_per_s=2.0, burst=10.0), 0.0, dict.fromkeys("abc", 0.0)
    for address, pause_s, cost in steps:
        now += pause_s
        wait_s = limiter.spend(address, cost, now)
        spent[address] += cost
        assert wait_s >= 0
        if spent[address] <= 10:
            assert 0 == wait_s  # within its burst, whatever the others did
        assert wait_s >= (spent[address] - 10) / 2.0 - now - 1e-6


def test_no_more_addresses_are_remembered_than_agreed() -> None:
    limiter = Limiter()
    for number in range(MAX_ADDRESSES + 50):
        limiter.spend(str(number), 1.0, 0.0)
    assert MAX_ADDRESSES == len(limiter._buckets)

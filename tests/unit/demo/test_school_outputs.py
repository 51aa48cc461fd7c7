"""The demo's first school has a contact, a siren, a door and loudspeakers, at the node and at the simulator alike."""

from pathlib import Path

from qorgan.demo.folder import settle
from qorgan.demo.ports import choose
from qorgan.demo.town import SCHOOL
from qorgan.edge.config import load, split_line
from qorgan.edge.secrets import SecretStore
from qorgan.sim.town import read_plan


def test_what_the_node_switches_is_what_the_simulator_serves(tmp_path: Path) -> None:
    settled = settle(tmp_path, [SCHOOL], {"centre": choose(8000, [])})
    [school] = settled.schools
    config, plan = load(school.config), read_plan(settled.sim_town)
    [contact] = config.contacts
    assert split_line(contact.line) == (f"sim:{plan.chip}", 17) and (18,) == plan.chip_closed
    keys = {one.key for one in config.outputs}
    assert {"siren", "porch-door", "speakers"} == keys == {one.key for one in plan.outputs}
    for output in plan.outputs:
        assert output.login is not None
        assert SecretStore(school.folder).need(f"output/{output.key}") == output.login.password
    assert f":{settled.ports['sim']}/outputs/kst-012/siren/on" in str(config.outputs[0].on)


def test_the_panel_of_the_town_dials_where_its_school_listens_with_the_key_that_it_knows(tmp_path: Path) -> None:
    settled = settle(tmp_path, [SCHOOL], {"centre": choose(8000, [])})
    [school] = settled.schools
    config, plan = load(school.config), read_plan(settled.sim_town)
    [panel], [dialler] = config.panels, plan.panels
    assert SCHOOL.panel is not None and config.receivers.dc09 is not None
    assert config.receivers.dc09.tcp == dialler.port == school.panel_port
    assert panel.account == dialler.account and panel.encrypted
    assert SecretStore(school.folder).need(f"panel/{panel.key}") == dialler.key == school.panel_key()
    assert [zone.key for zone in panel.zones] == [SCHOOL.panel.zone_key] and panel.zones[0].panic
    assert school.panel_key() not in school.config.read_text(encoding="utf-8")

    moved = choose(0, settled.ports.values())
    again = settle(tmp_path, [SCHOOL], settled.ports | {"panel/kst-012": moved})
    receivers = load(again.schools[0].config).receivers
    assert receivers.dc09 is not None and receivers.dc09.tcp == moved

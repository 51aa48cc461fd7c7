"""An administrator adds a camera to a school from the console, sees what it sees, and takes it away again."""

from typing import Any

import pytest
from playwright.sync_api import expect
from tests.e2e.conftest import OpenWindow
from tests.support.console import Console
from tests.support.town import Town, until

from qorgan.demo.check import HEAD
from qorgan.edge.config import load
from qorgan.edge.secrets import SecretStore

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
ADMINISTRATOR = "admin@qorgan.demo"
SITE, DEVICE, KEY = "kst-c01", "parking", "new-gate"


def school_of(town: Town) -> dict[str, Any]:
    with town.sign_in(ADMINISTRATOR) as admin:
        return next(school for school in admin.all("/api/schools") if school["site"] == SITE)


def live(town: Town, school: str) -> bool:
    """Whether the new camera is there, and its pictures arrive at the node."""
    with town.sign_in(ADMINISTRATOR) as admin:
        for camera in admin.all(f"/api/schools/{school}/cameras"):
            if camera["key"] == KEY:
                return any(stream["state"] == "live" for stream in camera["streams"])
    return False


def fill_in(admin: Console, address: str, password: str) -> None:
    admin.see("setup-address").fill(address)
    admin.see("setup-use-address").click()
    admin.see("setup-user").fill("qorgan")
    admin.see("setup-password").fill(password)
    admin.see("setup-look").click()


def test_a_camera_is_added_and_taken_away_from_the_console(town: Town, window: OpenWindow) -> None:
    school = until(lambda: school_of(town), "the school is known")
    node = next(one for one in town.settled.schools if one.plan.site == SITE)
    password = SecretStore(node.folder).need(f"camera/{DEVICE}")
    address = f"http://127.0.0.1:{town.settled.ports['onvif']}/{SITE}/{DEVICE}/onvif/device_service"
    before = node.config.read_text("utf-8")

    with window() as admin:
        admin.sign_in(ADMINISTRATOR, town.settled.user_password)
        expect(admin.see("top-bar")).to_be_visible()
        admin.go(f"/schools/{school['id']}")
        admin.see("setup-open").click()
        expect(admin.see("wizard", step="find")).to_be_visible()
        expect(admin.see("setup-search-again").or_(admin.see("setup-search-failed"))).to_be_visible()

        admin.see("setup-address").fill(f"rtsp://qorgan:{password}@127.0.0.1/x")
        expect(admin.see("setup-use-address")).to_be_disabled()
        fill_in(admin, address, "wrong")
        expect(admin.see("setup-look-failed")).to_contain_text(admin.words("problem.onvif_wrong_password"))
        admin.see("setup-password").fill(password)
        admin.see("setup-look").click()

        expect(admin.see("setup-streams")).to_be_visible()
        assert admin.see("setup-main").input_value() != admin.see("setup-sub").input_value()
        admin.see("setup-streams-next").click()
        admin.see("setup-key").fill(KEY)
        admin.see("setup-name-kk").fill("Жаңа қақпа")
        admin.see("setup-name-ru").fill("Новые ворота")
        admin.see("setup-take-picture").click()
        picture = admin.see("setup-picture")
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.naturalWidth") > 0
        admin.see("setup-name-next").click()
        admin.see("setup-save").click()
        expect(admin.see("setup-saved")).to_contain_text("Новые ворота")
        assert [] == admin.raw_keys()

        assert KEY in [camera.key for camera in load(node.config).cameras]
        assert password not in node.config.read_text("utf-8")
        admin.until(lambda: live(town, school["id"]), "the new camera is recorded")

        admin.see("setup-undo").click()
        expect(admin.see("setup-undone")).to_be_visible()
        assert [] == admin.raw_keys() == admin.errors
    assert before.rstrip() == node.config.read_text("utf-8").rstrip()
    assert None is SecretStore(node.folder).get(f"camera/{KEY}")

    with town.sign_in(ADMINISTRATOR) as reader:
        lines = reader.all(f"/api/schools/{school['id']}/watches")
    assert [("setup", "setup")] == [(line["action"], line["purpose"]) for line in lines if line["action"] == "setup"]
    logs = "".join(file.read_text("utf-8", "replace") for file in town.settled.logs.iterdir())
    assert password not in logs


def test_a_head_adds_no_cameras(town: Town, window: OpenWindow) -> None:
    with town.sign_in(HEAD) as reader:
        school = reader.all("/api/schools")[0]["id"]
    with window() as head:
        head.sign_in(HEAD, town.settled.user_password)
        expect(head.see("school-page")).to_be_visible()
        expect(head.see("setup-open")).to_have_count(0)
        head.go(f"/schools/{school}/setup")
        expect(head.see("no-right")).to_be_visible()

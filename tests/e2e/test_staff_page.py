"""The staff page in a real Chromium: hold for three seconds, without a sound, and never lose a press."""

import asyncio
import base64
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import Error as PlaywrightError
from tests.support.certificates import certificate_of
from tests.support.console import launched
from tests.support.fake_centre import FakeCentre, until
from tests.support.nats import free_port, nats_server
from tests.support.school_core import HTTPS_DOOR, NATS_PASSWORD, SITE, SchoolCore

from qorgan.domain.actions import Role
from qorgan.domain.places import LocalText
from qorgan.edge.staff.people import Enrolment, StaffBook
from qorgan.kernel.clock import SystemClock
from qorgan.protocols.link.commands import AlarmProgress

pytestmark = pytest.mark.browser


class Node:
    """A school's core and a centre, in a loop of their own, for a test that is not asynchronous."""

    def __init__(self, loop: asyncio.AbstractEventLoop, school: SchoolCore, centre: FakeCentre) -> None:
        self._loop, self.school, self.centre = loop, school, centre

    def do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(120)

    def until(self, condition: Callable[[], object], what: str) -> None:
        self.do(until(condition, what))

    def enrol(self, role: Role = Role.STAFF) -> Enrolment:
        book = StaffBook(self.school.config.storage.data)
        place = LocalText(kk="5 «А» сыныбы")
        return book.enrol(key="aliya", name="Әлия Н.", role=role, place=place, cameras=(), now=SystemClock().now())

    def link(self, who: Enrolment) -> str:
        return f"{str(self.school.http.base_url).rstrip('/')}/staff/#{who.token}"

    def levels(self) -> list[str]:
        return [alarm.level for alarm in self.centre.alarms()]


@contextmanager
def running_loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def a_node(folder: Path, more: str = "") -> Iterator[Node]:
    with running_loop() as loop, nats_server("--user", SITE, "--pass", NATS_PASSWORD) as carrier:
        centre = FakeCentre(carrier.url, SITE, NATS_PASSWORD)
        school = SchoolCore(folder, carrier.url, more=more)
        node = Node(loop, school, centre)
        node.do(centre.__aenter__())
        try:
            node.do(school.start())
            yield node
        finally:
            node.do(school.__aexit__())
            node.do(centre.__aexit__())


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with a_node(tmp_path) as node:
        yield node


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="ru-RU", service_workers="allow")
    context.add_init_script("window.__buzzed = 0; navigator.vibrate = () => { window.__buzzed += 1; return true; };")
    page = context.new_page()
    try:
        yield page
    finally:
        context.close()


def hold(page: Page, selector: str, until_gone: bool = True) -> None:
    """Press with the mouse until the page has understood, as a thumb does."""
    page.locator(selector).scroll_into_view_if_needed()
    page.locator(selector).hover()
    page.mouse.down()
    expect(page.locator(f"{selector}.down")).to_have_count(1)
    if until_gone:
        expect(page.locator(f"{selector}.down")).to_have_count(0)
    page.mouse.up()


def step(page: Page, name: str) -> Any:
    return page.locator(f"#steps li[data-step={name}].done")


def test_a_teacher_holds_and_learns_quietly_that_help_is_on_its_way(node: Node, page: Page) -> None:
    page.goto(node.link(node.enrol()))
    expect(page.locator("#police")).to_contain_text("ПОЛИЦИЯ")
    assert "#" not in page.url, "the token stays in no address bar"

    hold(page, "#police", until_gone=False)  # let go at once
    expect(page.locator("#police.down")).to_have_count(0)
    hold(page, "#police")
    expect(step(page, "received")).to_be_visible()
    assert ["P1"] == node.levels(), "the touch that was let go was nothing"

    [alarm] = node.centre.alarms()
    told = AlarmProgress(alarm=alarm.alarm, state="dispatched", at=alarm.pressed_at)
    node.do(node.centre.command("progress", told))
    expect(step(page, "dispatched")).to_be_visible()
    assert page.evaluate("window.__buzzed") > 0
    assert 0 == page.locator("audio, video").count()
    page.locator("#languages button[lang=kk]").click()
    expect(page.locator("#police")).to_contain_text("3 секунд басып тұрыңыз")


def test_a_press_without_the_node_is_kept_through_a_reload_and_sent_once(node: Node, page: Page) -> None:
    """The node is off, the page still opens, and the press waits on the phone until the node is back."""
    page.goto(node.link(node.enrol()))
    page.evaluate("navigator.serviceWorker.ready")
    expect(page.locator("#police")).to_be_visible()
    node.do(node.school.kill())

    page.reload()
    expect(page.locator("#notice")).to_contain_text("102")
    hold(page, "#police")
    expect(step(page, "waiting")).to_be_visible()
    page.reload()
    expect(step(page, "waiting")).to_be_visible()

    node.do(node.school.start())
    expect(step(page, "received")).to_be_visible()
    assert ["P1"] == node.levels()
    expect(page.locator("#notice")).to_be_empty()


def test_a_leader_locks_the_school_and_ends_it_with_the_code(node: Node, page: Page) -> None:
    who = node.enrol(Role.LEADER)
    page.goto(node.link(who))
    page.locator("summary").click()
    hold(page, "#actions [data-action=lockdown]")
    expect(page.locator("#standing h1")).to_have_text("ЗАПРИТЕСЬ И УКРОЙТЕСЬ")

    kiosk = page.context.new_page()
    kiosk.goto(f"{node.school.http.base_url}/kiosk?lang=ru&audience=pupil")
    expect(kiosk.locator("body")).to_have_attribute("data-action", "lockdown")
    expect(kiosk.locator("main")).to_contain_text("Молчи.")

    for code, visible in (("", True), (who.safe_code, False)):
        hold(page, "#actions [data-action=all_clear]")
        page.locator("#digits").fill(code)
        page.locator("#code-yes").click()
        if visible:
            expect(page.locator("#notice")).to_contain_text("Код неверный")
    expect(page.locator("#standing")).to_be_hidden()
    expect(kiosk.locator("main")).to_be_empty()


def test_a_phone_that_is_not_enrolled_says_so_and_names_the_telephone(node: Node, page: Page) -> None:
    page.goto(f"{node.school.http.base_url}/staff/")
    expect(page.locator("#notice")).to_contain_text("102")
    expect(page.locator("#page")).to_be_hidden()


def test_over_https_the_page_stays_on_the_phone_and_another_certificate_is_refused(
    tmp_path: Path, browser: Browser, page: Page
) -> None:
    """The phone believes this certificate and no other: here by its key, as if its authority were installed."""
    cert, _, _ = certificate_of(tmp_path, "127.0.0.1")
    key = x509.load_pem_x509_certificate(cert.read_bytes()).public_key()
    pin = base64.b64encode(hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest())
    port = free_port()
    with (
        a_node(tmp_path, HTTPS_DOOR.format(port=port)) as node,
        launched(browser.browser_type, f"--ignore-certificate-errors-spki-list={pin.decode()}") as phone,
    ):
        with pytest.raises(PlaywrightError, match="ERR_CERT_AUTHORITY_INVALID"):
            page.goto(f"https://127.0.0.1:{port}/staff/")
        trusting = phone.new_context(locale="ru-RU", service_workers="allow").new_page()
        trusting.goto(f"https://127.0.0.1:{port}/staff/#{node.enrol().token}")
        assert trusting.evaluate("window.isSecureContext")
        trusting.evaluate("navigator.serviceWorker.ready")
        hold(trusting, "#police")
        expect(step(trusting, "received")).to_be_visible()
        assert ["P1"] == node.levels()
        node.do(node.school.kill())
        trusting.reload()
        expect(trusting.locator("#police")).to_contain_text("ПОЛИЦИЯ")

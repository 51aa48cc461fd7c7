"""A console whose centre is this file: any state of the duty desk in a moment, without a town behind it.

It serves the built console and answers the API from `answers` (path → JSON); `/ws/events` sends one snapshot and what
the test sends after it. For how things look and how much is drawn; whether they work is asked of the real town.
"""

import json
import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from playwright.sync_api import Browser, Page, Route, WebSocketRoute

from qorgan.domain import access
from tests.support.console import Console

WEB = Path(__file__).resolve().parents[2] / "web" / "dist"
URL = "http://desk.test"
SPACE = UUID("5d5a0c1e-7f5b-4e0e-9b1f-71a0c0de5eed")
RIGHTS = sorted(right.value for right in access.RIGHTS[access.Role.DUTY_OFFICER])
NOBODY_CALLED: dict[str, Any] = {"rung": 0, "next_at": None, "ladder": []}


def id_of(word: str) -> str:
    """The same id for the same word."""
    return str(uuid5(SPACE, word))


def instant(seconds: float = 0.0) -> str:
    """So many seconds from now, as the API writes it."""
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def name(kk: str, ru: str, en: str) -> dict[str, str]:
    return {"kk": kk, "ru": ru, "en": en}


ME = {"id": id_of("officer"), "name": "Айгүл Серікбайқызы Нұрмағамбетова"}
OTHER = {"id": id_of("other"), "name": "Бауыржан Қуанышұлы Тілеуберген"}


def a_school(number: int = 12, **change: Any) -> dict[str, Any]:
    return {
        "id": id_of(f"school {number}"),
        "site": f"kst-{number:03}",
        "kind": "school",
        "name": name(
            f"№ {number} жалпы білім беретін мектеп",
            f"Общеобразовательная школа № {number}",
            f"School {number}",
        ),
        "address": name("Қостанай, Әл-Фараби даңғылы, 115", "Костанай, пр. Аль-Фараби, 115", "Kostanay, 115 Al-Farabi"),
        "head": "Гүлнара Әбдірахманқызы Жүсіпбекова",
        "phone": "+7 7142 55 12 12",
        "region": "39",
        "district": "3910",
        "lat": 53.2 + number / 1000,
        "lon": 63.6,
        "node": {"state": "online", "last_pulse_at": instant(-3), "faults": [], "clock_offset_s": None},
        "cameras_total": 0,
        "cameras_live": 0,
        "alarm_level": "P1",
    } | change


def an_alarm(word: str = "alarm", *, number: int = 12, pressed_s: float = -12.0, **change: Any) -> dict[str, Any]:
    school = a_school(number)
    pressed = instant(pressed_s)
    log: list[dict[str, Any]] = [
        {"at": pressed, "actor": None, "action": "pressed", "note": "", "data": {}},
        {"at": instant(pressed_s + 0.4), "actor": None, "action": "stored", "note": "", "data": {}},
    ]
    return {
        "id": id_of(word),
        "school": school["id"],
        "school_name": school["name"],
        "site": school["site"],
        "button": "hall",
        "place": name(
            "Фойе, 1-қабат, күзет бекетінің жаны", "Фойе, 1 этаж, у поста охраны", "Entrance hall, floor 1, guard post"
        ),
        "level": "P1",
        "kind": "real",
        "source": "button",
        "state": "presented",
        "pressed_at": pressed,
        "received_at": instant(pressed_s + 0.4),
        "presented_at": instant(pressed_s + 0.6),
        "owner": None,
        "verdict": None,
        "unit": None,
        "disposition": None,
        "closed_at": None,
        "version": 3,
        "cameras": [],
        "log": log,
        "meaning": "panic",
        "code": "",
        "duress": False,
        "note": "",
        "presses": 1,
        "alerts": 1,
        "lease_until": None,
        "escalation": NOBODY_CALLED,
        "claims": [],
        "claimed": False,
        "returned_at": None,
        "shelf": None,
        "closing": None,
        "two_persons": True,
        "confirmed_by": None,
        "parent": None,
        "shared_with": None,
        "point_out_of_service": False,
        "presser": "received",
    } | change


def a_camera(word: str, *, number: int = 12, **change: Any) -> dict[str, Any]:
    """A live camera of a school, with both streams."""
    streams = [
        {
            "stream": stream,
            "state": "live",
            "reason": "none",
            "since": None,
            "codec": "h264",
            "width": 640,
            "height": 360,
            "frames_per_s": 12.0,
            "bits_per_s": 400_000.0,
            "audio": "",
        }
        for stream in ("main", "sub")
    ]
    return {
        "id": id_of(word),
        "school": id_of(f"school {number}"),
        "key": "hall",
        "name": name("Фойе", "Фойе", "Entrance hall"),
        "zone": "entrance",
        "has_sub": True,
        "present": True,
        "onvif": "",
        "clock_offset_s": None,
        "picture": None,
        "streams": streams,
    } | change


def owned(by: dict[str, str] = ME, **change: Any) -> dict[str, Any]:
    """What an owner adds to an alarm."""
    return {"state": "owned", "owner": by, "lease_until": instant(85), "presser": "owned"} | change


class Desk(Console):
    """The console over answers of our own."""

    def __init__(self, page: Page, dist: Path = WEB) -> None:
        super().__init__(page, URL)
        self._dist = dist
        self._socket: WebSocketRoute | None = None
        self.asked: list[str] = []
        self.schools = [a_school()]
        self.cameras: list[dict[str, Any]] = []
        self.alarms: list[dict[str, Any]] = []
        self.units: list[dict[str, Any]] = []
        self.answers: dict[str, Any] = {}
        self.refused: dict[str, tuple[int, str]] = {}
        page.route(f"{URL}/**", self._answer)
        page.route_web_socket("**/ws/events", self._opened)
        page.route_web_socket("**/ws/video", lambda socket: None)

    def send(self, topic: str, data: dict[str, Any]) -> None:
        """One event, as the gateway sends it."""
        assert self._socket is not None
        self._socket.send(json.dumps({"type": "event", "topic": topic, "data": data, "at": instant()}))

    def _opened(self, socket: WebSocketRoute) -> None:
        self._socket = socket
        snapshot = {
            "type": "snapshot",
            "at": instant(),
            "schools": self.schools,
            "cameras": self.cameras,
            "alarms": self.alarms,
            "units": self.units,
        }
        socket.send(json.dumps(snapshot))

    def _answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(URL).partition("?")[0]
        if not path.startswith("/api/"):
            self._file(route, path)
            return
        self.asked.append(f"{route.request.method} {path}")
        if path in self.refused:
            status, code = self.refused[path]
            problem = {"code": code, "title": "", "detail": "", "status": status}
            route.fulfill(status=status, content_type="application/problem+json", body=json.dumps(problem))
        elif path in self.answers:
            route.fulfill(status=200, content_type="application/json", body=json.dumps(self.answers[path]))
        elif path == "/api/session":
            route.fulfill(status=200, content_type="application/json", body=json.dumps(session()))
        else:
            route.fulfill(
                status=404,
                content_type="application/problem+json",
                body=json.dumps({"code": "not_found", "status": 404}),
            )

    def _file(self, route: Route, path: str) -> None:
        file = self._dist / path.lstrip("/")
        if not file.is_file():
            file = self._dist / "index.html"
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        route.fulfill(status=200, content_type=kind, body=file.read_bytes())


def session(**change: Any) -> dict[str, Any]:
    return {
        "user": {**ME, "email": "officer@qorgan.test"},
        "role": "duty_officer",
        "language": "kk",
        "centre": {"id": id_of("centre"), "name": name("Қостанай ЖБО", "ЦОУ Костаная", "Kostanay centre")},
        "school": None,
        "scope": {"regions": ["39"], "districts": [], "schools": []},
        "rights": RIGHTS,
        "csrf": "",
    } | change


@contextmanager
def desk(
    browser: Browser, *, locale: str = "kk-KZ", size: tuple[int, int] = (1920, 1080), dist: Path = WEB
) -> Iterator[Desk]:
    """A fresh window with an officer signed in. Fill its state before `go`."""
    context = browser.new_context(
        locale=locale, timezone_id="Asia/Almaty", viewport={"width": size[0], "height": size[1]}
    )
    try:
        window = Desk(context.new_page(), dist)
        window.page.add_init_script(f"localStorage.setItem('qorgan.language', '{locale[:2]}')")
        yield window
        assert not window.errors, window.errors
    finally:
        context.close()

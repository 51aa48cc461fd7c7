"""A centre with a small town: Qostanai with two schools, and one school far away in Astana."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings
from tests.support import centre as a

from qorgan.centre import keys
from qorgan.centre.access.models import User
from qorgan.centre.cameras.models import Camera
from qorgan.centre.events import InMemoryPublisher, listening
from qorgan.centre.schools.models import School
from qorgan.centre.territory.models import OperationsCentre
from qorgan.domain.access import Role


@dataclass(frozen=True)
class Town:
    centre: OperationsCentre
    school: School
    neighbour: School  # same region, another district
    far: School  # another region
    hall: Camera


@dataclass(frozen=True)
class Desk:
    """Somebody at the API."""

    client: Client
    user: User

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api{path}", query)

    def post(self, path: str, body: dict[str, Any] | None = None, key: str | None = None) -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        return self.client.post(f"/api{path}", body or {}, content_type="application/json", headers=headers)

    def put(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self.client.put(f"/api{path}", body or {}, content_type="application/json")

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        return self.client.patch(f"/api{path}", body, content_type="application/json")

    def delete(self, path: str) -> Any:
        return self.client.delete(f"/api{path}", content_type="application/json")


@pytest.fixture(autouse=True)
def _own_keys(settings: Settings, tmp_path: Path) -> None:
    keys.prepare(tmp_path / "keys")
    settings.QORGAN = replace(settings.QORGAN, data=tmp_path / "keys")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # Argon2 is slow on purpose


def build_town() -> Town:
    a.a_country()
    centre = a.a_centre()
    school = a.a_school("kst-012")
    neighbour, far = a.a_school("rud-004", district=a.RUDNY), a.a_school("ast-077", district=a.ESIL)
    for other in (neighbour, far):
        a.a_camera(other)
    return Town(centre=centre, school=school, neighbour=neighbour, far=far, hall=a.a_camera(school))


@pytest.fixture
def town(db: None) -> Town:
    return build_town()


@pytest.fixture
def committed_town(transactional_db: None) -> Town:
    """For tests in which threads or commits matter."""
    return build_town()


@pytest.fixture
def heard() -> Iterator[InMemoryPublisher]:
    """What this process announces after its commits."""
    publisher = InMemoryPublisher()
    with listening(publisher):
        yield publisher


def desk(user: User) -> Desk:
    client = Client()
    client.force_login(user)
    return Desk(client, user)


@pytest.fixture
def officer(request: pytest.FixtureRequest) -> Desk:
    name = "committed_town" if "committed_town" in request.fixturenames else "town"
    return desk(a.a_person(Role.DUTY_OFFICER, centre=request.getfixturevalue(name).centre))

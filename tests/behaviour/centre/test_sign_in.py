"""Signing in: allauth's headless door, its limits, and the checks on writes."""

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from tests.behaviour.centre.conftest import Town
from tests.support import centre as a

from qorgan.centre.access.models import AuditLine, User
from qorgan.centre.ledger import verify
from qorgan.domain.access import RIGHTS, Role

pytestmark = pytest.mark.django_db
LOGIN, SESSION = "/_allauth/browser/v1/auth/login", "/_allauth/browser/v1/auth/session"


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


class Browser:
    """A browser as Django meets it: cookies, and a CSRF token sent back in a header."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.client.get(SESSION)

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        token = self.client.cookies["csrftoken"].value if "csrftoken" in self.client.cookies else ""
        call = getattr(self.client, method)
        return call(path, json.dumps(body or {}), content_type="application/json", headers={"X-CSRFToken": token})

    def sign_in(self, email: str, password: str = a.PASSWORD) -> Any:
        return self.send("post", LOGIN, {"email": email, "password": password})


@pytest.fixture
def person(town: Town) -> User:
    return a.a_person(Role.DUTY_OFFICER, "officer@qorgan.test", centre=town.centre)


def test_a_person_signs_in_reads_their_session_and_signs_out(town: Town, person: User) -> None:
    browser = Browser()

    assert browser.sign_in("Officer@Qorgan.test").status_code == 200
    session = browser.client.get("/api/session").json()

    assert session["user"] == {"id": str(person.pk), "name": person.name, "email": "officer@qorgan.test"}
    assert session["role"] == "duty_officer" and session["language"] == "kk"
    assert session["centre"]["name"] == {"kk": "Қостанай ЖБО", "ru": "ЦОУ Костанай", "en": "Qostanai OC"}
    assert session["scope"] == {"regions": [a.KOSTANAY], "districts": [], "schools": []}
    assert set(session["rights"]) == {str(right) for right in RIGHTS[Role.DUTY_OFFICER]}
    assert session["csrf"]

    assert browser.send("delete", SESSION).status_code == 401  # allauth's word for "signed out"
    assert browser.client.get("/api/session").status_code == 401


def test_sign_ins_and_outs_stand_in_the_persons_audit(town: Town, person: User) -> None:
    browser = Browser()
    browser.sign_in(person.email)
    browser.send("delete", SESSION)

    lines = AuditLine.objects.filter(person=person)
    assert [line.action for line in lines] == ["role.given", "signed_in", "signed_out"]
    assert verify(lines) == 3


def test_a_wrong_password_is_refused_and_soon_so_is_the_right_one(town: Town, person: User) -> None:
    browser = Browser()

    for _ in range(5):
        assert browser.sign_in(person.email, "wrong").status_code == 400
    assert browser.sign_in(person.email).status_code in (400, 429)
    assert browser.client.get("/api/session").status_code == 401


def test_nobody_signs_up(town: Town) -> None:
    browser = Browser()
    answer = browser.send("post", "/_allauth/browser/v1/auth/signup", {"email": "x@y.kz", "password": a.PASSWORD})

    assert answer.status_code == 403
    assert not User.objects.filter(email="x@y.kz").exists()


def test_a_write_without_the_csrf_token_is_refused(town: Town, person: User) -> None:
    browser = Browser()
    browser.sign_in(person.email)
    alarm = a.an_alarm(town.school)
    path = f"/api/alarms/{alarm.pk}/acknowledgement"

    refused = browser.client.post(path, "{}", content_type="application/json")
    token = browser.client.get("/api/session").json()["csrf"]
    done = browser.client.post(path, "{}", content_type="application/json", headers={"X-CSRFToken": token})

    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    assert done.status_code == 200


def test_cookies_and_pages_are_kept_from_strangers(town: Town, person: User) -> None:
    browser = Browser()
    answer = browser.sign_in(person.email)

    cookie = browser.client.cookies["sessionid"]
    assert cookie["httponly"] and cookie["samesite"] == "Strict"
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_passwords_are_hashed_with_argon2() -> None:
    from qorgan.centre import settings

    assert settings.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]

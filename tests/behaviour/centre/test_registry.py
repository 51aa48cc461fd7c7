"""The registry: its admin, the command line, the demo's data, and the committed description of the API."""

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from tests.behaviour.centre.conftest import Town, desk
from tests.support import centre as a
from typer.testing import CliRunner

from qorgan.centre import cli, demo_data, openapi
from qorgan.centre.access import service as access
from qorgan.centre.access.models import User
from qorgan.centre.alarms.models import Unit
from qorgan.centre.remarks.models import Remark
from qorgan.centre.schools.models import School
from qorgan.centre.territory.models import District, OperationsCentre, Region
from qorgan.domain.access import Role
from qorgan.domain.remarks import RemarkState

COMMITTED = Path(__file__).parents[3] / "web" / "openapi.json"


def test_the_committed_description_of_the_api_is_current() -> None:
    current = COMMITTED.read_text(encoding="utf-8") == openapi.describe()
    assert current, "run: python -m qorgan.centre.openapi"


@pytest.mark.django_db
def test_no_model_has_changed_without_a_migration() -> None:
    out = io.StringIO()
    call_command("makemigrations", "--check", "--dry-run", stdout=out)
    assert "No changes" in out.getvalue()


@pytest.mark.django_db
def test_the_demo_is_seeded_once_however_often_it_is_seeded() -> None:
    first = demo_data.seed(a.PASSWORD)
    seeded = (Region, District, School, User, Unit, OperationsCentre, Remark)
    counts = [model.objects.count() for model in seeded]
    again = demo_data.seed("another-long-password")

    assert first == again
    assert counts == [model.objects.count() for model in seeded]
    assert {one.state for one in Remark.objects.all()} == set(RemarkState) - {
        RemarkState.VERIFIED,
        RemarkState.WITHDRAWN,
    }
    assert counts[:2] == [20, 224]
    assert User.objects.get(email="officer@qorgan.demo").check_password("another-long-password")


@pytest.mark.django_db
def test_the_demos_people_have_their_places() -> None:
    demo_data.seed(a.PASSWORD)

    def sees(email: str) -> set[str]:
        actor = access.actor_for(User.objects.get(email=email))
        return set(School.objects.visible_to(actor).values_list("site", flat=True))

    officer = sees("officer@qorgan.demo")
    assert {"kst-012", "kst-k03", "kst-c01"} <= officer and "ast-077" not in officer
    assert sees("head12@qorgan.demo") == {"kst-012"}
    assert sees("inspector@qorgan.demo") == officer == sees("officer2@qorgan.demo")
    assert sees("chief@qorgan.demo") == officer and sees("next@qorgan.demo").isdisjoint(officer)
    centre = OperationsCentre.objects.get(name_en="Qostanai OC")
    assert centre.neighbour is not None and centre.neighbour.name_en == "Akmola OC"
    assert [one.email for one in centre.supervisors.all()] == ["chief@qorgan.demo"]
    assert len(sees("ministry@qorgan.demo")) == School.objects.count() > len(officer) > 20


@pytest.mark.django_db
def test_every_name_of_the_demo_is_in_three_languages() -> None:
    demo_data.seed(a.PASSWORD)

    for model in (Region, District, School, Unit, OperationsCentre):
        assert not model.objects.filter(name_kk="").exists()
        assert not model.objects.filter(name_ru="").exists()
        assert not model.objects.filter(name_en="").exists()


@pytest.mark.django_db
def test_an_administrator_edits_the_registry_and_nobody_else_enters(town: Town) -> None:
    admin = desk(a.a_person(Role.ADMINISTRATOR))
    officer = desk(a.a_person(Role.DUTY_OFFICER, centre=town.centre))

    for page in ("schools/school", "territory/region", "territory/operationscentre", "access/user", "alarms/unit"):
        assert admin.client.get(f"/admin/{page}/").status_code == 200, page
    assert admin.client.get(f"/admin/schools/school/{town.school.pk}/change/").status_code == 200
    assert admin.client.get(f"/admin/access/user/{officer.user.pk}/change/").status_code == 200
    assert admin.client.get("/admin/access/user/add/").status_code == 200
    turned_away = officer.client.get("/admin/schools/school/")
    assert turned_away.status_code == 302
    assert officer.client.get(turned_away["Location"])["Location"] == "/"


@pytest.mark.django_db
def test_the_admin_speaks_kazakh_and_russian(town: Town) -> None:
    admin = desk(a.a_person(Role.ADMINISTRATOR)).client

    for language, word in (("kk", "Шығу"), ("ru", "Выйти")):
        page = admin.get("/admin/", headers={"Accept-Language": language}).content.decode()
        assert word in page, language


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--role", "head"], "needs a school"),
        (["--role", "head", "--school", "nowhere"], "no school with the site id"),
        (["--role", "duty_officer", "--centre", "Марс"], "no operations centre"),
        (["--role", "inspector"], "at least one region"),
    ],
)
def test_a_person_without_a_place_is_not_made(
    town: Town, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, options: list[str], said: str
) -> None:
    monkeypatch.setenv("QORGAN_DATA", str(tmp_path))
    command = ["create-user", "x@y.kz", "--name", "X", "--password-stdin", *options]
    result = CliRunner().invoke(cli.app, command, input=a.PASSWORD + "\n")

    assert result.exit_code == 1 and said in result.output
    assert not User.objects.filter(email="x@y.kz").exists()


@pytest.mark.django_db
def test_a_person_is_made_on_the_command_line(town: Town, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QORGAN_DATA", str(tmp_path))
    command = ["create-user", "New@Y.kz", "--name", "X", "--role", "head", "--school", "kst-012", "--password-stdin"]

    weak = CliRunner().invoke(cli.app, command, input="12345\n")
    made = CliRunner().invoke(cli.app, command, input=a.PASSWORD + "\n")
    again = CliRunner().invoke(cli.app, command, input=a.PASSWORD + "\n")

    assert (weak.exit_code, made.exit_code, again.exit_code) == (1, 0, 1)
    assert a.PASSWORD not in made.output
    assert access.actor_for(User.objects.get(email="new@y.kz")).school == town.school.pk

"""What is uploaded as a plan: drawn anew by a process with limits, or refused in words; never half kept."""

import io
import subprocess
import sys
from typing import Any

import pypdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a

from qorgan.centre.pictures import drawing as process
from qorgan.centre.pictures import redrawing
from qorgan.centre.plans import drawing
from qorgan.centre.plans.models import Plan, PlanImage, PlanRevision
from qorgan.domain.access import Role
from qorgan.kernel.errors import Invalid

pytestmark = pytest.mark.django_db
SECRET = b"taken at the principal's home"


@pytest.fixture
def head(town: Town) -> Desk:
    return desk(a.a_person(Role.HEAD, school=town.school))


def saved(image: Image.Image, form: str, **said: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **said)
    return out.getvalue()


def sheet(width: int = 640, height: int = 480, colour: str = "white") -> Image.Image:
    return Image.new("RGB", (width, height), colour)


def locked_pdf() -> bytes:
    writer, out = pypdf.PdfWriter(), io.BytesIO()
    writer.add_blank_page(600, 400)
    writer.encrypt("сыр", algorithm="AES-256")
    writer.write(out)
    return out.getvalue()


def upload(who: Desk, town: Town, file: bytes, called: str = "plan.png", key: str | None = None, **said: Any) -> Any:
    body = {"kind": "floor", "name": "1-қабат", "floor": "1", "file": SimpleUploadedFile(called, file)} | said
    headers = {"Idempotency-Key": key} if key else {}
    return who.client.post(f"/api/schools/{town.school.pk}/plans", body, headers=headers)


def drawn(who: Desk, plan: dict[str, Any]) -> Image.Image:
    image = Image.open(io.BytesIO(who.client.get(plan["image"]).content), formats=["WEBP"])
    image.load()
    return image


def test_a_photograph_of_a_plan_stands_upright_fits_and_has_lost_what_the_camera_knew(town: Town, head: Desk) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, SECRET.decode()  # turned by 90°, with a description
    file = saved(sheet(5_000, 2_500, "navy"), "JPEG", exif=exif)
    assert SECRET in file

    answer = upload(head, town, file, "IMG_0001.JPG")

    assert answer.status_code == 201
    plan = answer.json()
    assert (plan["width_px"], plan["height_px"], plan["revision"], plan["points"]) == (2_000, 4_000, 1, [])
    content = head.client.get(plan["image"]).content
    assert SECRET not in content and not drawn(head, plan).getexif()
    assert plan["image"].endswith(f"?v={PlanImage.objects.get().digest}")


def test_the_wished_page_of_a_pdf_is_drawn(town: Town, head: Desk) -> None:
    file = saved(sheet(colour="white"), "PDF", save_all=True, append_images=[sheet(480, 640, "red")])

    second = upload(head, town, file, "plan.pdf", page="2").json()

    assert second["height_px"] / second["width_px"] == pytest.approx(640 / 480, abs=0.01)
    assert drawn(head, second).convert("RGB").getpixel((50, 50)) == (254, 0, 0)
    assert upload(head, town, file, "plan.pdf", page="3").json()["code"] == "plan.file_page"


def test_transparent_parts_are_paper_and_not_night(town: Town, head: Desk) -> None:
    plan = upload(head, town, saved(Image.new("RGBA", (200, 200), (0, 0, 0, 0)), "PNG")).json()
    assert drawn(head, plan).convert("RGB").getpixel((9, 9)) == (255, 255, 255)


def test_an_upload_that_is_repeated_by_the_network_is_one_plan(town: Town, head: Desk) -> None:
    file = saved(sheet(), "PNG")
    first, again = (upload(head, town, file, key="k1").json() for _ in range(2))
    assert first == again
    assert Plan.objects.count() == 1
    assert upload(head, town, saved(sheet(colour="red"), "PNG"), key="k1").json()["code"] == "idempotency.key_reused"


def refusals() -> dict[str, tuple[bytes, str]]:
    whole = saved(Image.effect_noise((300, 300), 60), "PNG")
    return {
        "an SVG with a script": (b"<svg xmlns='x'><script>alert(1)</script></svg>", "plan.file_kind"),
        "a text called .png": ("Бұл — жоспар".encode(), "plan.file_kind"),
        "nothing": (b"", "plan.file_kind"),
        "a GIF": (saved(sheet(), "GIF"), "plan.file_kind"),
        "half a PNG": (whole[: len(whole) // 2], "plan.file_broken"),
        "a PNG's first bytes": (whole[:10], "plan.file_broken"),
        "a torn PDF": (b"%PDF-1.7\n1 0 obj <<", "plan.file_broken"),
        "a locked PDF": (locked_pdf(), "plan.file_encrypted"),
        "400 megapixels in a few kilobytes": (saved(Image.new("1", (20_000, 20_000)), "PNG"), "plan.image_too_big"),
        "a dot": (saved(sheet(90, 90), "PNG"), "plan.image_too_small"),
        "a thread": (saved(Image.new("1", (20_000, 200)), "PNG"), "plan.image_too_small"),
    }


def test_a_newer_drawing_lies_under_the_same_points_and_the_older_one_can_be_had_again(town: Town, head: Desk) -> None:
    plan = upload(head, town, saved(sheet(), "PNG")).json()
    door = {"key": "0190f000-0000-7000-8000-000000000001", "kind": "door", "x": 0.5, "y": 0.5}
    zone = {"key": "0190f000-0000-7000-8000-000000000002", "kind": "lobby", "name": "Фойе"}
    zone["outline"] = [{"x": x, "y": y} for x, y in ((0.1, 0.1), (0.4, 0.1), (0.4, 0.4))]
    drawn_on = head.put(f"/plans/{plan['id']}", plan | {"points": [door], "zones": [zone]}).json()

    def redraw(file: bytes, revision: int) -> Any:
        body = {"revision": revision, "file": SimpleUploadedFile("plan.png", file)}
        return head.client.post(f"/api/plans/{plan['id']}/image", body)

    script, code = refusals()["an SVG with a script"]
    assert redraw(script, 2).json()["code"] == code
    newer = redraw(saved(sheet(800, 600, "red"), "PNG"), 2).json()

    assert (newer["revision"], newer["width_px"], newer["image"] != plan["image"]) == (3, 800, True)
    assert (newer["points"], newer["zones"]) == (drawn_on["points"], drawn_on["zones"])
    assert drawn(head, plan).size == (640, 480), "for the comparison of versions the older one is still told"
    assert redraw(saved(sheet(), "PNG"), 2).status_code == 409, "somebody else drew meanwhile"
    restored = head.post(f"/plans/{plan['id']}/restore", {"revision": 3, "to": 2}).json()
    assert (restored["image"], restored["points"]) == (plan["image"], drawn_on["points"])


@pytest.mark.parametrize("what", refusals())
def test_what_is_no_plan_is_refused_in_words_and_leaves_nothing(town: Town, head: Desk, what: str) -> None:
    file, code = refusals()[what]

    refused = upload(head, town, file)

    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert refused.json()["detail"]
    assert not (Plan.objects.exists() or PlanImage.objects.exists() or PlanRevision.objects.exists())


def test_a_file_that_is_too_large_is_not_even_opened(town: Town, head: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "MAX_FILE_BYTES", 1_000)
    monkeypatch.setattr(process.subprocess, "run", None)
    assert upload(head, town, bytes(1_001)).json()["code"] == "plan.file_too_big"


@pytest.mark.parametrize("end", ["raise MemoryError", "import os; os.kill(os.getpid(), 11)", "while True: pass"])
def test_a_file_that_breaks_or_stalls_its_reader_breaks_nothing_else(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the kernel ends a reader that took too much, that crashed, that never came back."""
    really = subprocess.run

    def doomed(_: list[str], *, timeout: float, **said: Any) -> Any:
        return really([sys.executable, "-I", "-c", end], **(said | {"timeout": 0.5 if "while" in end else timeout}))

    monkeypatch.setattr(process.subprocess, "run", doomed)
    with pytest.raises(Invalid) as refused:
        drawing.draw(saved(sheet(), "PNG"))
    assert refused.value.code == "plan.file_heavy"


def test_the_reader_is_kept_within_its_memory_by_the_kernel() -> None:
    """It lays down its own limits and then wants more."""
    greedy = f"from {redrawing.__name__} import _limit; _limit(); bytearray({redrawing.MEMORY_BYTES})"
    done = subprocess.run([sys.executable, "-I", "-c", greedy], capture_output=True, check=False)
    assert b"MemoryError" in done.stderr


def test_who_may_not_change_plans_does_not_make_the_centre_draw(
    town: Town, officer: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process.subprocess, "run", None)
    assert upload(officer, town, saved(sheet(), "PNG")).status_code == 403


def test_a_plan_has_a_name_and_a_floor_that_is_one(town: Town, head: Desk) -> None:
    file = saved(sheet(), "PNG")
    assert upload(head, town, file, name="  ").json()["code"] == "invalid"
    assert upload(head, town, file, floor="51").json()["code"] == "plan.floor"
    assert upload(head, town, file, kind="attic").json()["code"] == "invalid"
    assert upload(head, town, file, page="0").json()["code"] == "invalid"
    assert not PlanImage.objects.exists()

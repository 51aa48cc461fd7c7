"""A drawing of a plan from somebody's file, and the words for why there is none."""

from collections.abc import Mapping
from types import MappingProxyType

from qorgan.centre.pictures import drawing
from qorgan.centre.pictures.drawing import Drawing
from qorgan.kernel.errors import Exhausted, Invalid

__all__ = ["MAX_FILE_BYTES", "Drawing", "check_size", "draw"]

MAX_FILE_BYTES = 30_000_000
_WHY: Mapping[str, str] = MappingProxyType(
    {
        "plan.file_kind": "this is no PNG, JPEG, WebP or PDF: export the plan as one of them (an SVG as PDF)",
        "plan.file_broken": "the file is damaged: save it once more, or take a picture of the plan",
        "plan.file_encrypted": "the PDF is locked by a password: save it without one",
        "plan.file_page": "the PDF has no such page",
        "plan.file_heavy": "the file takes too long or too much to draw: save the page as a picture",
        "plan.image_too_big": "the picture has too many pixels: save it with at most 100 million",
        "plan.image_too_small": "the picture is too small to read a plan on it",
    }
)


def draw(file: bytes, page: int = 1) -> Drawing:
    """The picture of a PNG, JPEG, WebP or of one page (from 1) of a PDF. Takes seconds: never inside a transaction.

    Raises `Invalid` with a code `plan.file_…` or `plan.image_…` that says what to do; `Exhausted` (`plan.busy`) when
    too many others are being drawn.
    """
    check_size(len(file))
    try:
        return drawing.draw("plan", file, page)
    except drawing.NotDrawn as refusal:
        code = f"plan.{refusal.why}"
        raise Invalid(_WHY[code], code=code) from refusal
    except Exhausted as full:
        raise Exhausted("too many plans are being drawn: try again in a minute", code="plan.busy") from full


def check_size(size: int) -> None:
    """Raises `Invalid` (`plan.file_too_big`)."""
    if size > MAX_FILE_BYTES:
        limit = f"{MAX_FILE_BYTES // 1_000_000} MB"
        raise Invalid(f"the file is larger than {limit}: save the plan smaller", code="plan.file_too_big")

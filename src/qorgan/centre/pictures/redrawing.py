"""Draws somebody's file anew as a plain picture, in a process of its own: `python -m …redrawing KIND [PAGE] < file`.

A file from outside may be made to break whatever reads it. So it is read here, where there is nothing to take: no
database, no key, no open file; with limits on memory and time that the kernel keeps. Only what is drawn leaves: one
line of JSON (`{"mime", "width", "height"}` or `{"refused": code}`), then the picture's bytes. Metadata stays behind.

KIND says what is wished: `plan` (a page of a PDF or a picture), `photo` (of a telephone), `frame` (fragmented MP4 of
one keyframe, as a school sends it).
"""

import io
import json
import resource
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from PIL import Image, ImageOps

MEMORY_BYTES = 2 * 1024**3  # address space: libraries, and the largest picture twice
CPU_S = 30
MAX_SOURCE_PIXELS = 100_000_000  # A3 scanned at 600 dots per inch has 70 million
MAX_FRAME_PIXELS = 40_000_000  # a camera's picture: 8K has 33 million
PDF_SCALE = 300 / 72  # 300 dots per inch, at most
FEW_COLOURS = 4_096  # a drawing, not a photograph: kept exactly
_MAGIC = {"PNG": b"\x89PNG\r\n\x1a\n", "JPEG": b"\xff\xd8\xff"}
_DRAFT_PX = 4_000
_QUALITIES = (88, 75, 60)
_PDF_HEAD = 1_024  # bytes in which `%PDF-` may begin, as readers of PDF accept it
_PDF_PASSWORD, _PDF_SECURITY = 4, 5  # FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY


class Refused(Exception):
    """The file is not drawn; the text is the latter half of a code: `file_kind`, `image_too_big` …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How large the picture may be: its sides, and its bytes (0: as many as it takes)."""

    long_side_px: int
    short_side_px: int  # nobody can read anything on less
    most_bytes: int = 0


WISHES: Mapping[str, Wish] = MappingProxyType(
    {
        "plan": Wish(long_side_px=4_000, short_side_px=100),
        "photo": Wish(long_side_px=2_048, short_side_px=32, most_bytes=1_000_000),
        "frame": Wish(long_side_px=3_840, short_side_px=32, most_bytes=1_000_000),
    }
)


def main() -> None:
    kind, page = sys.argv[1], int((sys.argv[2:] or ["1"])[0])
    wish = WISHES[kind]
    _limit()
    try:
        picture = fitted(READERS[kind](sys.stdin.buffer.read(), page), wish)
        picture, content = encoded(picture, wish.most_bytes)
        said = {"mime": "image/webp", "width": picture.width, "height": picture.height}
    except Refused as refusal:
        content, said = b"", {"refused": str(refusal)}
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + content)


def plan(file: bytes, page: int) -> Image.Image:
    """A picture, or one page of a PDF. Raises `Refused`."""
    if _form_of(file) is None and b"%PDF-" in file[:_PDF_HEAD]:
        return _page(file, page)
    return photo(file)


def photo(file: bytes, _: int = 1) -> Image.Image:
    """The file's picture, by its first bytes and never by its name. Raises `Refused`."""
    form = _form_of(file)
    if form is None:
        raise Refused("file_kind")
    return _image(file, form)


def _form_of(file: bytes) -> str | None:
    for form, magic in _MAGIC.items():
        if file.startswith(magic):
            return form
    return "WEBP" if file[:4] == b"RIFF" and file[8:12] == b"WEBP" else None


def frame(file: bytes, _: int = 1) -> Image.Image:
    """The first picture of a fragmented MP4. Raises `Refused`."""
    import av
    import av.error

    try:
        with av.open(io.BytesIO(file), "r", format="mp4") as container:
            stream = container.streams.video[0]
            stream.thread_count = 1
            if stream.width * stream.height > MAX_FRAME_PIXELS:
                raise Refused("image_too_big")
            for picture in container.decode(stream):
                if picture.width * picture.height > MAX_FRAME_PIXELS:
                    raise Refused("image_too_big")
                drawn: Image.Image = picture.to_image()  # type: ignore[no-untyped-call]
                return drawn
    except (av.error.FFmpegError, IndexError, ValueError) as error:
        raise Refused("file_broken") from error
    raise Refused("file_broken")


def _image(file: bytes, form: str) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(file), formats=[form])
        if image.width * image.height > MAX_SOURCE_PIXELS:
            raise Refused("image_too_big")
        if form == "JPEG":
            image.draft("RGB", (_DRAFT_PX, _DRAFT_PX))  # decodes at a half or a quarter where that is enough
        image.load()
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, Warning) as error:
        raise Refused("file_broken") from error
    return _plain(ImageOps.exif_transpose(image))


def _plain(image: Image.Image) -> Image.Image:
    """Grey or RGB, on white where it was transparent."""
    if image.mode.startswith(("I", "F")):  # 16 bits and more of grey
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(ground, layer).convert("RGB")
    return image if image.mode in ("L", "RGB") else image.convert("L" if image.mode == "1" else "RGB")


def _page(file: bytes, number: int) -> Image.Image:
    import pypdfium2
    from pypdfium2 import PdfiumError

    try:
        document = pypdfium2.PdfDocument(file)
    except PdfiumError as error:
        locked = getattr(error, "err_code", None) in (_PDF_PASSWORD, _PDF_SECURITY)
        raise Refused("file_encrypted" if locked else "file_broken") from error
    if number > len(document):
        raise Refused("file_page")
    try:
        page = document[number - 1]
        long_side = max(page.get_size())
        if long_side <= 0:
            raise Refused("file_broken")
        scale = min(PDF_SCALE, WISHES["plan"].long_side_px / long_side)
        picture = page.render(scale=scale, fill_color=(255, 255, 255, 255), may_draw_forms=False).to_pil()
    except (PdfiumError, ValueError) as error:
        raise Refused("file_broken") from error
    return _plain(picture)


def fitted(picture: Image.Image, wish: Wish) -> Image.Image:
    """At most as long as wished. Raises `Refused` for one on which nothing could be read."""
    picture.thumbnail((wish.long_side_px, wish.long_side_px), Image.Resampling.LANCZOS)
    if min(picture.size) < wish.short_side_px:
        raise Refused("image_too_small")
    return picture


def encoded(picture: Image.Image, most_bytes: int) -> tuple[Image.Image, bytes]:
    """WebP, and the picture that it holds: a drawing of few colours exactly as it is, anything else so that nobody sees
    a difference; worse and then smaller only as far as `most_bytes` demands."""
    if picture.getcolors(FEW_COLOURS) is not None:
        content = _webp(picture, lossless=True, quality=50, method=2)
        if not most_bytes or len(content) <= most_bytes:
            return picture, content
    for quality in _QUALITIES:
        content = _webp(picture, quality=quality, method=3)
        if not most_bytes or len(content) <= most_bytes:
            return picture, content
    smaller = picture.resize((max(1, picture.width * 2 // 3), max(1, picture.height * 2 // 3)))
    return encoded(smaller, most_bytes)


def _webp(picture: Image.Image, **how: float) -> bytes:
    """Pixels alone: neither EXIF nor colour profile nor text goes with them."""
    out = io.BytesIO()
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    bare.save(out, "WEBP", **how)
    return out.getvalue()


READERS: Mapping[str, Callable[[bytes, int], Image.Image]] = MappingProxyType(
    {"plan": plan, "photo": photo, "frame": frame}
)


def _limit() -> None:
    """What the kernel lets this process have. Memory errors and signals end it; whoever started it says so."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    Image.MAX_IMAGE_PIXELS = None  # `_image` looks at the size itself, before anything is decoded
    warnings.simplefilter("error")


if __name__ == "__main__":
    main()

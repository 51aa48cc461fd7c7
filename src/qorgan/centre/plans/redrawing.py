"""Draws somebody's file anew as a plain picture, in a process of its own: `python -m …redrawing PAGE < file > picture`.

A file from outside may be made to break whatever reads it. So it is read here, where there is nothing to take: no
database, no key, no open file; with limits on memory and time that the kernel keeps. Only what is drawn leaves: one
line of JSON (`{"mime", "width", "height"}` or `{"refused": code}`), then the picture's bytes. Metadata stays behind.
"""

import io
import json
import resource
import sys
import warnings

from PIL import Image, ImageOps

MEMORY_BYTES = 2 * 1024**3  # address space: libraries, and the largest picture twice
CPU_S = 30
LONG_SIDE_PX = 4_000
MAX_SOURCE_PIXELS = 100_000_000  # A3 scanned at 600 dots per inch has 70 million
SHORT_SIDE_PX = 100  # nobody can read a plan on less
PDF_SCALE = 300 / 72  # 300 dots per inch, at most
FEW_COLOURS = 4_096  # a drawing, not a photograph: kept exactly
_MAGIC = {"PNG": b"\x89PNG\r\n\x1a\n", "JPEG": b"\xff\xd8\xff"}
_PDF_HEAD = 1_024  # bytes in which `%PDF-` may begin, as readers of PDF accept it
_PDF_PASSWORD, _PDF_SECURITY = 4, 5  # FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY


class Refused(Exception):
    """The file is not drawn; the text is a code `plan.…`."""


def main() -> None:
    page = int(sys.argv[1])
    _limit()
    try:
        picture = fitted(opened(sys.stdin.buffer.read(), page))
        content = encoded(picture)
        said = {"mime": "image/webp", "width": picture.width, "height": picture.height}
    except Refused as refusal:
        content, said = b"", {"refused": str(refusal)}
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + content)


def opened(file: bytes, page: int) -> Image.Image:
    """The file's picture, by its first bytes and never by its name; of a PDF one page. Raises `Refused`."""
    for form, magic in _MAGIC.items():
        if file.startswith(magic):
            return _image(file, form)
    if file[:4] == b"RIFF" and file[8:12] == b"WEBP":
        return _image(file, "WEBP")
    if b"%PDF-" in file[:_PDF_HEAD]:
        return _page(file, page)
    raise Refused("plan.file_kind")


def _image(file: bytes, form: str) -> Image.Image:
    try:
        image = Image.open(io.BytesIO(file), formats=[form])
        if image.width * image.height > MAX_SOURCE_PIXELS:
            raise Refused("plan.image_too_big")
        if form == "JPEG":
            image.draft("RGB", (LONG_SIDE_PX, LONG_SIDE_PX))  # decodes at a half or a quarter where that is enough
        image.load()
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, Warning) as error:
        raise Refused("plan.file_broken") from error
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
        raise Refused("plan.file_encrypted" if locked else "plan.file_broken") from error
    if number > len(document):
        raise Refused("plan.file_page")
    try:
        page = document[number - 1]
        long_side = max(page.get_size())
        if long_side <= 0:
            raise Refused("plan.file_broken")
        scale = min(PDF_SCALE, LONG_SIDE_PX / long_side)
        picture = page.render(scale=scale, fill_color=(255, 255, 255, 255), may_draw_forms=False).to_pil()
    except (PdfiumError, ValueError) as error:
        raise Refused("plan.file_broken") from error
    return _plain(picture)


def fitted(picture: Image.Image) -> Image.Image:
    """At most `LONG_SIDE_PX` on its long side. Raises `Refused` for one on which nothing could be read."""
    picture.thumbnail((LONG_SIDE_PX, LONG_SIDE_PX), Image.Resampling.LANCZOS)
    if min(picture.size) < SHORT_SIDE_PX:
        raise Refused("plan.image_too_small")
    return picture


def encoded(picture: Image.Image) -> bytes:
    """WebP: a drawing of few colours exactly as it is, anything else so that nobody sees a difference."""
    exact = picture.getcolors(FEW_COLOURS) is not None
    out = io.BytesIO()
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)  # pixels alone: neither EXIF nor colour profile nor text goes with them
    if exact:
        bare.save(out, "WEBP", lossless=True, quality=50, method=2)
    else:
        bare.save(out, "WEBP", quality=88, method=3)
    return out.getvalue()


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

"""XML from devices, read without trust: bounded in size, depth and number, with no DTD and no entities."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from qorgan.protocols.onvif.errors import NotOnvif

MAX_BYTES = 2_000_000  # a camera with 64 profiles stays below 400 kB
MAX_DEPTH = 64
MAX_ELEMENTS = 50_000
MAX_TEXT_CHARACTERS = 1_000  # of one value that we take: names, tokens, addresses
_NAMESPACE_BYTES = 256  # ours have at most 81
# A parser writes a namespace out before each name that stands in it, its own memory included: with one of a megabyte,
# a thousand names make a gigabyte. It is looked for before anything parses; two bytes a character are seen through.
_LONG_NAMESPACE = re.compile(rb"xmlns[^=<>]{0,100}=\s{0,20}(?:\"[^\"]{%d}|'[^']{%d})" % (2 * (_NAMESPACE_BYTES,)))
# What XML itself has, and what has ASCII where ASCII is: in others the bytes would not be what they look like.
_ENCODING = re.compile(rb"<\?xml[^>]*?\sencoding\s*=\s*[\"']([^\"']*)")
_ENCODINGS = re.compile(rb"utf-?8|utf-?16(le|be)?|us-ascii|ascii|latin-?1|iso-8859-\d{1,2}|windows-125\d|koi8-r", re.I)


class _Bounded(TreeBuilder):
    """Builds a tree until it becomes unreasonable."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._elements = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise NotOnvif("the answer is nested too deeply or has too many parts")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def parse(data: bytes) -> Element:
    """The root of an XML document. Raises `NotOnvif` for anything else, and for what is unreasonable."""
    if len(data) > MAX_BYTES:
        raise NotOnvif(f"the answer has more than {MAX_BYTES} bytes")
    _refuse_bombs(data.replace(b"\0", b"") if b"\0" in data else data)
    parser = DefusedXMLParser(target=_Bounded(), forbid_dtd=True)
    try:
        parser.feed(data)
        root = parser.close()
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise NotOnvif(f"the answer is not plain XML ({type(error).__name__})") from error
    if not isinstance(root, Element):
        raise NotOnvif("the answer is empty")
    return root


def _refuse_bombs(data: bytes) -> None:
    encoding = _ENCODING.search(data, 0, 400)
    if encoding is not None and not _ENCODINGS.fullmatch(encoding[1]):
        raise NotOnvif("the answer is in an encoding that no device needs")
    if _LONG_NAMESPACE.search(data):
        raise NotOnvif("the answer has a name of unreasonable length")


def local(element: Element) -> str:
    """The element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def children(element: Element | None, name: str) -> Iterator[Element]:
    """Direct children of that local name."""
    for child in () if element is None else element:
        if local(child) == name:
            yield child


def find(element: Element | None, *path: str) -> Element | None:
    """The first child along a path of local names, or None."""
    for name in path:
        element = next(children(element, name), None)
    return element


def anywhere(element: Element, name: str) -> Iterator[Element]:
    """Every element of that local name below, however deep."""
    return (child for child in element.iter() if local(child) == name)


def text(element: Element | None, *path: str) -> str:
    """The text at the end of a path, without space around it and of bounded length; empty when there is none."""
    found = find(element, *path)
    return clean(found.text if found is not None else None)


def attribute(element: Element | None, name: str) -> str:
    """The value of an attribute, whatever its namespace; empty when there is none."""
    for key, value in () if element is None else element.attrib.items():
        if key.rpartition("}")[2] == name:
            return clean(value)
    return ""


def clean(value: str | None) -> str:
    """Outside text as one bounded line: control characters become spaces, so that no log or terminal is fooled."""
    line = "".join(c if c.isprintable() else " " for c in (value or "")[: MAX_TEXT_CHARACTERS * 2])
    return line.strip()[:MAX_TEXT_CHARACTERS]


def number(value: str, default: float = 0.0) -> float:
    """A finite number of moderate size, or the default."""
    try:
        found = float(value[:40])
    except ValueError:
        return default
    return found if -1e12 < found < 1e12 else default


def whole(value: str, default: int = 0) -> int:
    """A whole number of moderate size, or the default."""
    return int(number(value, float(default)))


def truth(value: str) -> bool | None:
    """`xs:boolean` as cameras write it, or None when it is something else."""
    return {"true": True, "1": True, "on": True, "active": True}.get(
        value.lower(), False if value.lower() in ("false", "0", "off", "inactive") else None
    )

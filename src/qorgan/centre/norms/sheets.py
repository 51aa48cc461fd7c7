"""Tables that people send, CSV or XLSX, as rows of text. Nothing in them is ever run: no formula, no macro, no link."""

import contextlib
import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from openpyxl import Workbook, load_workbook

from qorgan.kernel.errors import Invalid

MAX_BYTES = 20_000_000
MAX_UNPACKED_BYTES = 100_000_000  # of an XLSX, which is a ZIP
MAX_ROWS, MAX_COLUMNS, MAX_CELL = 20_000, 60, 1_000
_DELIMITERS = ";,\t"

Row = dict[str, str]


def read(content: bytes) -> list[tuple[int, Row]]:
    """Rows with their number in the table (the header is 1), by the names in the header; empty rows left out.

    Raises `Invalid` with code `registry.file` for what is no table, `registry.too_big`, `registry.header`.
    """
    if len(content) > MAX_BYTES:
        raise Invalid(f"a table has at most {MAX_BYTES // 1_000_000} MB", code="registry.too_big")
    lines = _xlsx(content) if content[:4] == b"PK\x03\x04" else _csv(content)
    return _by_header(lines)


def _csv(content: bytes) -> Iterator[list[str]]:
    text = _text(content)
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise Invalid(f"this is no table: {error}", code="registry.file") from error


def _text(content: bytes) -> str:
    """UTF-8, or Windows-1251 as old programs write Russian. The latter has no Kazakh letters."""
    if b"\0" in content:
        raise Invalid("this is no table of text", code="registry.file")
    for encoding in ("utf-8-sig", "cp1251"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid("this is neither UTF-8 nor Windows-1251", code="registry.file")


def _xlsx(content: bytes) -> list[list[str]]:
    """The first sheet, streamed: no more rows and columns are looked at than a table may have."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            size = sum(one.file_size for one in packed.infolist())
        if size > MAX_UNPACKED_BYTES:
            raise Invalid("this table is too big when it is unpacked", code="registry.too_big")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        with contextlib.closing(book):
            return [[_cell(value) for value in row] for row in _bounded(book)]
    except Invalid:
        raise
    except Exception as error:  # whatever the reader stumbles over: these bytes are other people's
        raise Invalid("this is no XLSX file", code="registry.file") from error


def _bounded(book: Workbook) -> Iterator[tuple[Any, ...]]:
    sheet = book.worksheets[0]
    return sheet.iter_rows(max_row=MAX_ROWS + 2, max_col=MAX_COLUMNS + 1, values_only=True)


def _cell(value: Any) -> str:
    """As people see it: 12, not 12.0."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _by_header(lines: Iterable[list[str]]) -> list[tuple[int, Row]]:
    header: list[str] | None = None
    rows: list[tuple[int, Row]] = []
    for number, cells in enumerate(lines, start=1):
        bare = [cell.strip()[:MAX_CELL] for cell in cells]
        if not any(bare):
            continue
        if header is None:
            header = _header(bare)
            continue
        if len(rows) >= MAX_ROWS:
            raise Invalid(f"a table has at most {MAX_ROWS} rows", code="registry.too_big")
        rows.append((number, dict(zip(header, bare, strict=False))))
    if header is None:
        raise Invalid("the table is empty", code="registry.file")
    return rows


def _header(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    names = [cell.casefold() for cell in cells]
    if len(names) > MAX_COLUMNS or len(set(names)) != len(names):
        raise Invalid("the first row names each column once", code="registry.header")
    return names

"""Rows as CSV or XLSX for other people's programs, in which no cell can become a formula (CWE-1236)."""

import csv
import io
from collections.abc import Sequence
from typing import Any, Literal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from qorgan.centre.norms.sheets import MAX_CELL

Kind = Literal["csv", "xlsx"]
TYPES: dict[Kind, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

Cell = str | int
Rows = Sequence[Sequence[Cell]]


def written(kind: Kind, head: Sequence[str], rows: Rows) -> bytes:
    return _csv(head, rows) if kind == "csv" else _xlsx(head, rows)


def _csv(head: Sequence[str], rows: Rows) -> bytes:
    """UTF-8 with its mark and semicolons: so Excel opens it in Kazakhstan without asking."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(head)
    writer.writerows([[guarded(one) for one in row] for row in rows])
    return text.getvalue().encode("utf-8-sig")


def guarded(cell: Cell) -> Cell:
    """A text that a program would take for a formula begins with an apostrophe, which means "text" to it."""
    if isinstance(cell, int):
        return cell
    text = ILLEGAL_CHARACTERS_RE.sub("", cell)[:MAX_CELL]
    return f"'{text}" if text.lstrip(" ").startswith(_BEGINS_A_FORMULA) else text


def _xlsx(head: Sequence[str], rows: Rows) -> bytes:
    """Each text is of the type "text": it is shown as it is, whatever it begins with."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Qorgan")
    for row in (head, *rows):
        sheet.append([_cell(sheet, one) for one in row])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _cell(sheet: Any, value: Cell) -> Any:
    if isinstance(value, int):
        return WriteOnlyCell(sheet, value)
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value)[:MAX_CELL])
    cell.data_type = "s"
    return cell

"""The views of cameras, kept in files of the node: learned from good looks, kept until somebody takes the file away.

A file (`<data>/views/<camera>.npz`) holds edges and numbers, no picture. A view is learned by day and by night, each
from a dozen looks a minute apart at which nothing is wrong, so that people who pass fade out of it. A camera that was
turned on purpose gets a new one when its file is deleted; the analyst sees that at its next look.
"""

import io
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import structlog

from qorgan.domain.quality.measures import BLOCK_COLUMNS, BLOCK_ROWS, Measures
from qorgan.domain.quality.view import COLUMNS, ROWS, Reference, View, averaged
from qorgan.edge.files import replace_file
from qorgan.kernel.errors import Corrupt

MAX_BYTES = 1_000_000
LEARNED_FROM = 12  # looks
LEARN_EVERY_S = 60.0
_FIELDS = {
    "edges": (ROWS, COLUMNS),
    **dict.fromkeys(("energy", "light", "fine", "coarse"), (BLOCK_ROWS, BLOCK_COLUMNS)),
}
_NUMBERS = tuple(one.name for one in fields(Reference) if one.name not in _FIELDS)
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class KeptView:
    """Owner of one camera's view: reads it, learns what is missing of it, keeps it."""

    path: Path
    view: View = field(default_factory=View)
    _kept: bool = False  # there was a file when we last looked
    _learning: dict[str, list[Measures]] = field(default_factory=dict)  # at most LEARNED_FROM each
    _learned_at: float = float("-inf")

    def current(self) -> View:
        """The view as it is now. A damaged file is put aside and the view learned anew; so is one that was deleted."""
        if self.path.exists() == self._kept:
            return self.view
        self._learning.clear()
        self.view, self._kept = View(), False
        if not self.path.exists():
            log.info("view.forgotten", camera=self.path.stem)
            return self.view
        try:
            self.view, self._kept = unpack_view(_read(self.path)), True
        except (Corrupt, OSError) as error:
            log.warning("view.damaged", camera=self.path.stem, reason=str(error))
            self.path.replace(self.path.with_suffix(".damaged"))
        return self.view

    def learn(self, measures: Measures, now: float) -> None:
        """A look at which nothing is wrong. `now`: seconds of a monotonic clock."""
        light = "night" if measures.monochrome else "day"
        if getattr(self.view, light) is not None or now - self._learned_at < LEARN_EVERY_S:
            return
        looks = self._learning.setdefault(light, [])
        looks.append(measures)
        self._learned_at = now
        if len(looks) == LEARNED_FROM:
            self._keep(light, self._learning.pop(light))

    def _keep(self, light: str, looks: Sequence[Measures]) -> None:
        references = {"day": self.view.day, "night": self.view.night, light: averaged(looks)}
        self.view = View(**references)
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_file(self.path, pack_view(self.view), mode=0o600)
        self._kept = True
        log.info("view.learned", camera=self.path.stem, light=light)


def pack_view(view: View) -> bytes:
    """The bytes of a file."""
    arrays: dict[str, Any] = {}
    for light, one in (("day", view.day), ("night", view.night)):
        if one is not None:
            arrays |= {f"{light}.{name}": getattr(one, name) for name in _FIELDS}
            arrays[f"{light}.numbers"] = np.array([getattr(one, name) for name in _NUMBERS], dtype=np.float64)
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def unpack_view(data: bytes) -> View:
    """Raises `Corrupt` for what `pack_view` did not make."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return View(day=_reference(arrays, "day"), night=_reference(arrays, "night"))
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise Corrupt(f"not a view: {type(error).__name__}", code="view.damaged") from error


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Corrupt("too big for a view", code="view.damaged")
    return data


def _reference(arrays: "np.lib.npyio.NpzFile", light: str) -> Reference | None:
    if f"{light}.numbers" not in arrays:
        return None
    numbers: dict[str, Any] = dict(zip(_NUMBERS, arrays[f"{light}.numbers"].astype(np.float64).tolist(), strict=True))
    found: dict[str, Any] = {}
    for name, shape in _FIELDS.items():
        plane = arrays[f"{light}.{name}"].astype(np.complex64 if name == "edges" else np.float32)
        if plane.shape != shape or not np.isfinite(plane).all():
            raise ValueError(name)
        found[name] = plane
    return Reference(**found, **(numbers | {"looks": int(numbers["looks"])}))

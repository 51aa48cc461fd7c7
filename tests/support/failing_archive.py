"""`python -m tests.support.failing_archive MARK ARGUMENTS…`: a recorder whose archive thread meets a bug, once.

The first start makes the file MARK; its thread ends in the middle of its work some seconds later. Every further start
is a recorder like any other.
"""

import runpy
import sys
from pathlib import Path

from qorgan.edge.recorder.archive import ArchiveWriter

WRITES_BEFORE = 20


def _break_after(writes: int) -> None:
    left = iter(range(writes))
    make_room = ArchiveWriter._make_room

    def failing(self: ArchiveWriter) -> None:
        if next(left, None) is None:
            raise RuntimeError("a bug in the archive's thread")
        make_room(self)

    ArchiveWriter._make_room = failing  # type: ignore[method-assign]


if __name__ == "__main__":
    mark = Path(sys.argv[1])
    if not mark.exists():
        mark.touch()
        _break_after(WRITES_BEFORE)
    sys.argv = ["qorgan.edge.recorder", *sys.argv[2:]]
    runpy.run_module("qorgan.edge.recorder", run_name="__main__", alter_sys=True)

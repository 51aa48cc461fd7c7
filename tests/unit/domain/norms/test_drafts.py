"""A draft of an edition: bodies remark until the deadline, the drafter answers, and only then it is published."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from qorgan.domain.access import Body
from qorgan.domain.norms import drafts
from qorgan.domain.norms.drafts import Draft, DraftState, Outcome, Piece, Stance
from qorgan.domain.norms.loading import Library, Refused, make_library
from qorgan.domain.norms.types import Pack
from qorgan.domain.places import LocalText
from qorgan.kernel.errors import Conflict, Invalid, NotFound

T = '{ kk = "мәтін", ru = "текст", en = "text" }'
FACTS = f"""
version = 1
facts = [{{ name = "site.lux", type = "number", source = "inspection", unit = "lx", title = {T} }}]
[collections]
camera = {T}
"""
HEAD = f"""
[pack]
key = "p"
version = VERSION
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
published = 2025-01-01
valid_from = 2025-01-01
ENDS
source = "https://example.org/a"
status = "verified"
checked_on = 2026-11-22

[[provisions]]
key = "a.1"
act = "a"
editions = ["a@1"]
paragraph = "1"
text = {{ kk = "Мұрағат 30 күн сақталады", ru = "Архив хранится 30 дней", en = "The archive is kept for 30 days" }}
status = "verified"
source = "https://example.org/a"
checked_on = 2026-11-22
"""
NEXT = """
[[editions]]
key = "a@2"
act = "a"
published = 2026-11-01
valid_from = 2027-01-01
source = "https://example.org/draft"
status = "digest"
checked_on = 2026-11-22
state = "draft"

[[provisions]]
key = "a.1-2"
act = "a"
editions = ["a@2"]
paragraph = "1"
text = { kk = "Мұрағат 60 күн сақталады", ru = "Архив хранится 60 дней", en = "The archive is kept for 60 days" }
status = "digest"
source = "https://example.org/draft"
checked_on = 2026-11-22

[[mappings]]
olds = ["a.1"]
news = ["a.1-2"]
relation = "changed"
rationale = "longer"
author = "ministry"
"""
ENDED = HEAD.replace("VERSION", "2").replace("ENDS", "valid_to = 2027-01-01")
AT = datetime(2026, 11, 2, tzinfo=UTC)
UNTIL = AT + timedelta(days=14)
AFTER, DAY = UNTIL + timedelta(days=1), date(2026, 11, 17)
WHY = {"a.1-2": LocalText(kk="Тергеуге уақыт керек", ru="Следствию нужно время")}
FORTY_FIVE = LocalText(kk="Мұрағат 45 күн сақталады", ru="Архив хранится 45 дней", en="It is kept for 45 days")


def read(text: str) -> Library:
    return make_library({"": {"facts.toml": FACTS}, "p": {"pack.toml": text}})


CURRENT = read(HEAD.replace("VERSION", "1").replace("ENDS", ""))


def proposed(text: str = ENDED + NEXT) -> Pack:
    return read(text).packs["p"]


def opened(pack: Pack | None = None, reasons: dict[str, LocalText] | None = None) -> Draft:
    reasons = WHY if reasons is None else reasons
    return drafts.open_draft(CURRENT, pack or proposed(), "a@2", reasons=reasons, at=AT, until=UNTIL)


def said(draft: Draft, stance: Stance, body: Body = Body.POLICE, at: datetime = AT) -> Draft:
    wording = FORTY_FIVE if stance is Stance.CHANGE else None
    return drafts.remark(draft, clause="a.1-2", body=body, stance=stance, text="артық", at=at, wording=wording)


def worded(draft: Draft, text: LocalText) -> Pack:
    turned = [msgspec.structs.replace(one, text=text) if one.key == "a.1-2" else one for one in draft.pack.provisions]
    return msgspec.structs.replace(draft.pack, provisions=tuple(turned))


def problems_of(refused: pytest.ExceptionInfo[Refused]) -> str:
    return "\n".join(str(one) for one in refused.value.problems)


def test_a_draft_is_remarked_on_answered_and_published() -> None:
    draft = opened()
    [change] = drafts.changes(draft, CURRENT.packs["p"])
    assert change.after is not None
    assert drafts.words(change.before[0].text.ru, change.after.text.ru) == (
        (Piece.SAME, "Архив хранится"),
        (Piece.OLD, "30"),
        (Piece.NEW, "60"),
        (Piece.SAME, "дней"),
    )

    draft = said(draft, Stance.SUPPORT, Body.PROSECUTOR)
    draft = said(draft, Stance.CHANGE)
    draft = said(draft, Stance.OBJECTION, Body.EDUCATION)
    [clause] = drafts.summary(draft)
    assert clause.unanswered == (2, 3)
    assert clause.stances[Stance.CHANGE] == {Body.POLICE: 1}
    with pytest.raises(Conflict, match="2, 3") as unanswered:
        drafts.publish(draft, CURRENT, day=DAY, at=AFTER)
    assert unanswered.value.code == "draft.unanswered"

    draft = drafts.answer(draft, 2, outcome=Outcome.ACCEPTED, text="", at=AFTER)
    with pytest.raises(Invalid, match="empty"):
        drafts.answer(draft, 3, outcome=Outcome.DECLINED, text=" ", at=AFTER)
    draft = drafts.answer(draft, 3, outcome=Outcome.DECLINED, text="тергеу ұзаққа созылады", at=AFTER)
    with pytest.raises(Refused, match="remark 2 was accepted"):
        drafts.publish(draft, CURRENT, day=DAY, at=AFTER)

    final = drafts.publish(draft, CURRENT, day=DAY, at=AFTER, final=worded(draft, FORTY_FIVE))
    edition = final.pack.editions[-1]
    assert final.state is DraftState.PUBLISHED
    assert edition.in_force(date(2027, 1, 1), known_on=DAY)
    assert not edition.in_force(date(2027, 1, 1), known_on=DAY - timedelta(days=1))
    assert final.pack.digest != draft.pack.digest
    assert msgspec.json.decode(msgspec.json.encode(final), type=Draft) == final


def _published(draft: Draft) -> Draft:
    return drafts.publish(draft, CURRENT, day=DAY, at=AFTER)


def _answered(draft: Draft) -> Draft:
    return drafts.answer(draft, 1, outcome=Outcome.ACCEPTED, text="", at=AFTER)


def _supported(draft: Draft) -> Draft:
    return said(draft, Stance.SUPPORT)


@pytest.mark.parametrize("end", [_published, drafts.withdraw])
@pytest.mark.parametrize("deed", [_supported, _answered, _published, drafts.withdraw])
def test_what_is_published_or_withdrawn_never_changes(
    end: Callable[[Draft], Draft], deed: Callable[[Draft], Draft]
) -> None:
    ended = end(_supported(opened()))
    with pytest.raises(Conflict) as refused:
        deed(ended)
    assert refused.value.code == "draft.state"


def test_remarks_come_before_the_deadline_and_publication_after_it() -> None:
    draft = said(opened(), Stance.SUPPORT, at=UNTIL - timedelta(seconds=1))
    with pytest.raises(Conflict) as late:
        said(draft, Stance.SUPPORT, at=UNTIL)
    with pytest.raises(Conflict) as early:
        drafts.publish(draft, CURRENT, day=DAY, at=UNTIL - timedelta(seconds=1))
    assert (late.value.code, early.value.code) == ("draft.closed", "draft.open")
    with pytest.raises(NotFound):
        drafts.remark(draft, clause="a.1", body=Body.POLICE, stance=Stance.SUPPORT, text="", at=AT)
    with pytest.raises(Invalid, match="wording"):
        drafts.remark(draft, clause="a.1-2", body=Body.POLICE, stance=Stance.CHANGE, text="?", at=AT)


def test_nobody_changes_a_clause_of_which_no_remark_was_accepted() -> None:
    draft = drafts.answer(said(opened(), Stance.CHANGE), 1, outcome=Outcome.DECLINED, text="жоқ", at=AFTER)
    with pytest.raises(Refused, match=r"a\.1-2: bodies read it otherwise"):
        drafts.publish(draft, CURRENT, day=DAY, at=AFTER, final=worded(draft, FORTY_FIVE))
    longer = msgspec.structs.replace(draft.pack, country="UA")
    with pytest.raises(Refused, match="country"):
        drafts.publish(draft, CURRENT, day=DAY, at=AFTER, final=longer)


def test_a_draft_that_edits_what_was_published_is_refused_with_all_that_is_wrong() -> None:
    edited = ENDED.replace("30 күн", "10 күн").replace("version = 2", "version = 1")
    with pytest.raises(Refused) as refused:
        opened(proposed(edited + NEXT), reasons={})
    wrong = problems_of(refused)
    assert "a.1: it stands in a published edition" in wrong
    assert "1 was released, a draft is a later one" in wrong
    assert "a.1-2: say why it is proposed" in wrong


def test_a_published_edition_is_not_edited_behind_an_old_digest() -> None:
    sooner = ENDED.replace("valid_from = 2025-01-01", "valid_from = 2025-02-01")
    kept = msgspec.structs.replace(proposed(sooner + NEXT), digest=CURRENT.packs["p"].digest)
    with pytest.raises(Refused, match=r"a@1: it was released and never changes"):
        opened(kept)


def test_an_edition_that_overlaps_one_in_force_is_not_published() -> None:
    still = HEAD.replace("VERSION", "2").replace("ENDS", "")
    draft = opened(proposed(still + NEXT))
    with pytest.raises(Refused, match="a@2: overlaps a@1"):
        drafts.publish(draft, CURRENT, day=DAY, at=AFTER)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('source = "https://example.org/draft"', 'source = "somewhere"', "a.1-2: a clause without a source"),
        ('paragraph = "1"\ntext', 'parent = "a.1-2"\nparagraph = "1"\ntext', "in a circle"),
        ('state = "draft"', "", "the one edition of the pack"),
        ('editions = ["a@2"]', 'editions = ["a@1"]', "nothing to remark on"),
    ],
)
def test_a_draft_that_cannot_stand_is_refused_before_anybody_reads_it(old: str, new: str, message: str) -> None:
    with pytest.raises(Refused) as refused:
        opened(proposed(ENDED + NEXT.replace(old, new)))
    assert message in problems_of(refused)


def test_a_draft_is_open_for_a_day_at_least() -> None:
    with pytest.raises(Invalid, match="one day"):
        drafts.open_draft(CURRENT, proposed(), "a@2", reasons=WHY, at=AT, until=AT + timedelta(hours=1))

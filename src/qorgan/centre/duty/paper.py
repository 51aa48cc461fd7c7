"""A hand-over on paper."""

from uuid import UUID

from django.utils import timezone

from qorgan.centre.duty import service
from qorgan.centre.duty.schemas import Handover, HandoverItem
from qorgan.centre.papers.render import Language, clock, render, word, words
from qorgan.domain.access import Actor


def handover_paper(actor: Actor, handover_id: UUID, language: Language) -> bytes:
    """The hand-over as PDF, signed or not. Raises `NotFound`."""
    row, said = service.look(actor, handover_id), words(language)
    data = {
        "title": f"{said['handover.title']}: {getattr(row.desk_name, language)}",
        "footer": f"Qorgan · {said['paper.printed']} {clock(timezone.now())} ({said['paper.zone']}), {actor.name}",
        "facts": _facts(row, language),
        "items": [_row(item, language) for item in row.items],
        "items_head": [said[f"handover.{key}"] for key in ("matter", "what", "since", "accepted")],
        "digest": row.digest,
        "signatures": [_signature(row, language, "outgoing"), _signature(row, language, "incoming")],
    }
    return render("handover", language, data)


def _facts(row: Handover, language: Language) -> list[list[str]]:
    rows = [
        ("desk", getattr(row.desk_name, language)),
        ("outgoing", row.outgoing.name),
        ("incoming", row.incoming.name if row.incoming else ""),
        ("opened", clock(row.opened_at)),
        ("state", word(language, "handover_state", row.state)),
        ("signed", clock(row.ended_at) if row.state == "signed" else ""),
        ("note", row.note),
    ]
    return [[word(language, "handover", key), text] for key, text in rows if text]


def _row(item: HandoverItem, language: Language) -> list[str]:
    what = f"{getattr(item.title, language)} · {getattr(item.detail, language)}"
    note = f" — {item.note}" if item.note else ""
    accepted = word(language, "handover", "gone") if item.gone_at else clock(item.accepted_at)
    return [word(language, "matter", item.matter), what + note, clock(item.since), accepted]


def _signature(row: Handover, language: Language, who: str) -> str:
    person, at = (row.outgoing, row.outgoing_signed_at) if who == "outgoing" else (row.incoming, row.incoming_signed_at)
    return f"{word(language, 'handover', who)}: {person.name if person else ''} {clock(at)}".strip()

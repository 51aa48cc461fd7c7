"""The school's local screen: what works and what does not, for a guard, in Kazakh, Russian and English.

One page, drawn by the node itself, without scripts and without anything from elsewhere: it works when nothing else
does. It repeats itself every five seconds. Colour is never the only sign: each state has its word.
"""

import base64
import hashlib
from collections.abc import Iterable
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from qorgan.domain.actions import DUTIES, KIND_WORDS, NAMES, Audience
from qorgan.domain.cameras import CameraState
from qorgan.domain.places import LocalText
from qorgan.domain.signals import WORDS
from qorgan.edge.config import EdgeConfig
from qorgan.edge.core.actions import Taken
from qorgan.edge.core.link import LinkState
from qorgan.edge.core.node import NodeStatus
from qorgan.edge.core.outbox import RecentAlarm
from qorgan.edge.core.texts import LANGUAGES, text
from qorgan.kernel.ids import ButtonKey
from qorgan.protocols.link.messages import SourceHealth, StreamHealth

ZONE = ZoneInfo("Asia/Almaty")
REFRESH_S = 5
STYLE = """
:root { color-scheme: dark; font: 16px/1.45 "Golos Text", Inter, "Noto Sans", system-ui, sans-serif; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem; background: #14171b; color: #e6e8ea; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; color: #aab2ba; }
header { display: flex; gap: 1rem; justify-content: space-between; align-items: baseline; flex-wrap: wrap; }
nav a { color: #8ab4f8; margin-left: .75rem; } nav a[aria-current] { color: #e6e8ea; text-decoration: none; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
td, th { text-align: left; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid #2a2f36; vertical-align: top; }
th { font-weight: 500; color: #aab2ba; } small { color: #aab2ba; }
.action { border: .4rem solid #e0475b; padding: 1rem; margin: 1rem 0; } .action h1 { font-size: 2.6rem; }
.bad, .fault { color: #ffb454; } .unknown { color: #9aa3ac; }
.fault { border: 1px solid #ffb454; border-radius: 6px; padding: .6rem .8rem; margin: .5rem 0; list-style: none; }
ul { padding: 0; } @media (prefers-reduced-motion: no-preference) { a { transition: color .1s; } }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def language_of(wished: str | None, accepted: str) -> str:
    """The language asked for in the address, or the first the browser knows of ours, or Kazakh."""
    choices = [wished or ""] + [part.split(";")[0].strip().lower()[:2] for part in accepted[:200].split(",")]
    return next((choice for choice in choices if choice in LANGUAGES), "kk")


def render(config: EdgeConfig, status: NodeStatus, link: LinkState, language: str, action: Taken | None = None) -> str:
    """The page. Every text that is not ours is escaped."""
    name = escape(config.site.name.in_language(language))
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="refresh" content="{REFRESH_S}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{name}</title><style>{STYLE}</style></head><body>"
        f"<header><h1>{name}</h1><span>{_time(status.at)}</span>{_languages(language)}</header>"
        f"{_action(action, language)}{_faults(status, language)}{_link(link, status, language)}"
        f"{_sources(config, status, language)}{_cameras(config, status, language)}{_alarms(config, status, language)}"
        "</body></html>"
    )


def _action(taken: Taken | None, language: str) -> str:
    """What stands, before all else, with what adults do now."""
    if taken is None or taken.standing.clear:
        return ""
    action, kind = taken.standing.action, KIND_WORDS.get(taken.standing.kind)
    tag = "" if kind is None else f"<p>{escape(kind.in_language(language))}</p>"
    who = f"<small>{escape(taken.by)}, {_time(taken.at)}</small>"
    duty = escape(DUTIES[action, Audience.ADULT].in_language(language))
    name = escape(NAMES[action].in_language(language))
    return f'<section class="action">{tag}<h1>{name}</h1><p>{duty}</p>{who}</section>'


def _languages(language: str) -> str:
    names = {"kk": "Қазақша", "ru": "Русский", "en": "English"}
    links = (
        f'<a href="?lang={code}" lang="{code}"{" aria-current=page" if code == language else ""}>{names[code]}</a>'
        for code in LANGUAGES
    )
    return f"<nav>{''.join(links)}</nav>"


def _faults(status: NodeStatus, language: str) -> str:
    items = "".join(f'<li class="fault">⚠ {_say(f"fault.{code}", language)}</li>' for code in status.faults)
    return f"<ul>{items}</ul>" if items else ""


def _link(link: LinkState, status: NodeStatus, language: str) -> str:
    since = f"<small>{_say('since', language)} {_time(link.since)}</small>"
    if link.up:
        line = f"<p>● {_say('link.up', language)} {since}</p>"
    else:
        reason = _say(f"link.{link.problem}", language)
        kept = _say("link.kept", language)
        line = f'<p class="bad">○ {_say("link.down", language)}: {reason} {since}<br><small>{kept}</small></p>'
    counts = status.counts
    rows = _rows(
        [
            (_say("waiting.alarms", language), str(counts.alarms)),
            (_say("waiting.events", language), str(counts.events)),
            (_say("waiting.refused", language), str(counts.alarms_parked + counts.events_parked)),
        ]
    )
    refused = "".join(
        f'<li class="bad">{escape(row.type)} № {row.seq}: {escape(row.code)} <small>{_time(row.at)}</small></li>'
        for row in status.parked
    )
    return f"<h2>{_say('link', language)}</h2>{line}<table>{rows}</table>" + (f"<ul>{refused}</ul>" if refused else "")


def _sources(config: EdgeConfig, status: NodeStatus, language: str) -> str:
    """The ways in that are silent or broken, by their places."""
    broken = [source for source in status.sources if source.state != "ok" or source.faults]
    if not broken:
        return ""
    zones = (zone for panel in config.panels for zone in panel.zones)
    places = {str(button.key): button.place for button in config.buttons}
    places |= {str(contact.key): contact.place for contact in config.contacts}
    places |= {str(panel.key): panel.place for panel in config.panels}
    places |= {str(zone.key): zone.place for zone in zones}
    names = {key: place.in_language(language) for key, place in places.items()}
    rows = _rows((escape(names.get(one.key, one.key)), _broken(one, language)) for one in broken)
    return f"<h2>{_say('sources', language)}</h2><table>{rows}</table>"


def _broken(source: SourceHealth, language: str) -> str:
    said = [_say("source.silent", language)] if source.state == "silent" else []
    said += [_fault(fault, language) for fault in source.faults]
    return f'<span class="bad">○ {", ".join(said) or _say("source.fault", language)}</span>'


def _fault(code: str, language: str) -> str:
    known = {meaning.value: words for meaning, words in WORDS.items()}.get(code)
    return escape(known.in_language(language)) if known else _say(f"source.{code}", language)


def _cameras(config: EdgeConfig, status: NodeStatus, language: str) -> str:
    names: dict[str, str] = {camera.key: camera.name.in_language(language) for camera in config.cameras}
    rows = _rows(
        (escape(names.get(camera.key, camera.key)), "<br>".join(_stream(stream, language) for stream in camera.streams))
        for camera in status.cameras
    )
    body = f"<table>{rows}</table>" if rows else f"<p>{_say('cameras.none', language)}</p>"
    return f"<h2>{_say('cameras', language)}</h2>{body}"


def _stream(stream: StreamHealth, language: str) -> str:
    tone, sign = {CameraState.LIVE.value: ("", "●"), CameraState.UNKNOWN.value: ("unknown", "?")}.get(
        stream.state, ("bad", "○")
    )
    parts = [f"{_say(f'stream.{stream.stream}', language)}: {_say(f'camera.{stream.state}', language)}"]
    if stream.reason != "none":
        parts.append(_say(f"camera.reason.{stream.reason}", language))
    if stream.state == CameraState.LIVE and stream.width:
        parts.append(
            f"<small>{stream.width}×{stream.height}, {stream.frames_per_s:.0f} {_say('frames_per_s', language)}</small>"
        )
    return f'<span class="{tone}">{sign} {", ".join(parts)}</span>'


def _alarms(config: EdgeConfig, status: NodeStatus, language: str) -> str:
    if not status.recent:
        return ""
    places = {button.key: button.place for button in config.buttons}
    rows = "".join(_alarm(one, one.place or places.get(ButtonKey(one.source_key)), language) for one in status.recent)
    return f"<h2>{_say('alarms', language)}</h2><table>{rows}</table>"


def _alarm(alarm: RecentAlarm, place: LocalText | None, language: str) -> str:
    where = alarm.source_key if place is None else place.in_language(language)
    return (
        f"<tr><td>{_time(alarm.at)}</td><td>{escape(where)}</td><td>{_say(f'kind.{alarm.kind}', language)}</td>"
        f"<td>{_say('received' if alarm.received else 'being_sent', language)}</td></tr>"
    )


def _rows(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f'<tr><th scope="row">{left}</th><td>{right}</td></tr>' for left, right in pairs)


def _say(key: str, language: str) -> str:
    return escape(text(key, language))


def _time(instant: datetime) -> str:
    return f'<time datetime="{instant.isoformat()}">{instant.astimezone(ZONE).strftime("%d.%m.%Y %H:%M:%S")}</time>'

"""A screen on the school's wall: dark and still until the school takes an action, then very large words.

It asks its node twice a second and needs nothing from elsewhere. When the node does not answer it goes on showing what
it last knew, and says so: an action does not end because a cable came loose.
"""

import base64
import hashlib
from html import escape
from typing import Any

from qorgan.domain.actions import DUTIES, KIND_WORDS, NAMES, Audience, SchoolAction
from qorgan.domain.places import LocalText
from qorgan.edge.config import EdgeConfig
from qorgan.edge.core.actions import Taken
from qorgan.edge.core.texts import LANGUAGES, text

STYLE = """
:root { color-scheme: dark; font: 16px/1.3 "Golos Text", Inter, "Noto Sans", system-ui, sans-serif; }
* { box-sizing: border-box; } body { margin: 0; background: #0b0d0f; color: #5b636b; }
main { min-height: 100vh; padding: 4vmin; display: flex; flex-direction: column; gap: 3vmin; justify-content: center; }
h1, p { margin: 0; } h1 { font-size: 11vmin; line-height: 1.05; font-weight: 800; overflow-wrap: anywhere; }
h1 + h1 { font-size: 5.5vmin; font-weight: 700; } p { font-size: 4vmin; } p + p { font-size: 3vmin; }
#kind { font-size: 5vmin; font-weight: 800; letter-spacing: .1em; }
#lost { position: fixed; bottom: 2vmin; right: 2vmin; }
body[data-action] { color: #fff; } body[data-action=lockdown] { background: #8a0f1f; }
body[data-action=evacuate] { background: #8a4b00; } body[data-action=shelter] { background: #4a2a86; }
body[data-action=secure] { background: #0f4c81; } body[data-action=hold] { background: #3d4f00; }
body[data-kind=drill] main, body[data-kind=test] main { border: 2vmin dashed currentColor; }
"""
SCRIPT = """
'use strict';
const main = document.querySelector('main'), lost = document.getElementById('lost');
const { audience, languages } = document.body.dataset;
let shown = '';
const line = (tag, words, id) => {
  const element = document.createElement(tag);
  element.textContent = words;
  if (id) element.id = id;
  return element;
};
function show(standing) {
  const key = JSON.stringify(standing);
  if (key === shown) return;
  shown = key;
  const { action, kind } = standing, clear = action === 'all_clear', order = languages.split(' ');
  document.body.toggleAttribute('data-action', false);
  document.body.toggleAttribute('data-kind', false);
  if (!clear) { document.body.dataset.action = action; document.body.dataset.kind = kind; }
  const words = clear ? [] : [
    ...(standing.kind_words ? [line('p', order.map((l) => standing.kind_words[l]).join(' · '), 'kind')] : []),
    ...order.map((l) => line('h1', standing.name[l])),
    ...order.map((l) => line('p', standing.duties[audience][l])),
  ];
  main.replaceChildren(...words);
}
async function look() {
  try {
    const answer = await fetch('/action', { cache: 'no-store', signal: AbortSignal.timeout(3000) });
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.json());
    lost.hidden = true;
  } catch { lost.hidden = false; }
  setTimeout(look, 500);
}
look();
"""


def _hash(content: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() + "'"


HEADERS = {
    "content-security-policy": (
        f"default-src 'none'; style-src {_hash(STYLE)}; script-src {_hash(SCRIPT)}; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def render(config: EdgeConfig, audience: str | None, language: str | None) -> str:
    """The page for adults or pupils, the given language first and largest (Kazakh without one)."""
    chosen = audience if audience in tuple(Audience) else Audience.ADULT
    first = language if language in LANGUAGES else "kk"
    order = " ".join([first, *(one for one in LANGUAGES if one != first)])
    return (
        f'<!doctype html><html lang="{first}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(config.site.name.in_language(first))}</title><style>{STYLE}</style></head>"
        f'<body data-audience="{chosen}" data-languages="{order}"><main role="alert"></main>'
        f'<p id="lost" hidden>⚠ {escape(text("kiosk.lost", first))}</p><script>{SCRIPT}</script></body></html>'
    )


def standing(taken: Taken | None) -> dict[str, Any]:
    """What stands, with all its words; nobody's name."""
    action = SchoolAction.ALL_CLEAR if taken is None else taken.standing.action
    kind = None if taken is None else taken.standing.kind
    words = None if kind is None else KIND_WORDS.get(kind)
    return {
        "action": action,
        "kind": kind or "real",
        "at": None if taken is None else taken.at,
        "name": _all(NAMES[action]),
        "kind_words": None if words is None else _all(words),
        "duties": {audience: _all(DUTIES[action, audience]) for audience in Audience},
    }


def _all(words: LocalText) -> dict[str, str]:
    return {language: words.in_language(language) for language in LANGUAGES}

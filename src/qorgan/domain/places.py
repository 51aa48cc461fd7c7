"""Names in the three languages of the console, and the order in which people look for them."""

import re

import msgspec

_ALPHABET = " 0123456789abcdefghijklmnopqrstuvwxyzаәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"
_PLACE = {letter: f"{place:02d}" for place, letter in enumerate(_ALPHABET)}
_UNNUMBERED = 999_999
_LETTERS = 60  # that decide
LIST_KEY_LENGTH = 1 + 6 + 2 * _LETTERS


class LocalText(msgspec.Struct, frozen=True):
    """One text in Kazakh, Russian and English. Kazakh is never empty; the others fall back to it."""

    kk: str
    ru: str = ""
    en: str = ""

    def in_language(self, language: str) -> str:
        """The text in `kk`, `ru` or `en`, or the Kazakh one where that is missing."""
        return {"ru": self.ru, "en": self.en}.get(language, "") or self.kk


def list_key(group: int, name: str) -> str:
    """Sorts names as people do: by group (0-9), then by the number in the name, then as the Kazakh alphabet has it.

    School 9 comes before school 12, whoever has no number after all that have one. The key has digits alone, so that
    every database sorts it alike, whatever its collation.
    """
    number = re.search(r"[0-9]{1,6}", name)
    letters = "".join(_PLACE.get(letter, "") for letter in name.casefold())[: 2 * _LETTERS]
    return f"{group}{int(number[0]) if number else _UNNUMBERED:06d}{letters}"

"""Names in the three languages of the console."""

import msgspec


class LocalText(msgspec.Struct, frozen=True):
    """One text in Kazakh, Russian and English. Kazakh is never empty; the others fall back to it."""

    kk: str
    ru: str = ""
    en: str = ""

    def in_language(self, language: str) -> str:
        """The text in `kk`, `ru` or `en`, or the Kazakh one where that is missing."""
        return {"ru": self.ru, "en": self.en}.get(language, "") or self.kk

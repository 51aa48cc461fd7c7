"""A row with a name in Kazakh, Russian and English."""

from django.db import models

from qorgan.domain.places import LocalText


class NamedRow(models.Model):
    """Kazakh is never empty; the others fall back to it."""

    name_kk = models.CharField("атауы (қаз.)", max_length=200)
    name_ru = models.CharField("название (рус.)", max_length=200, blank=True, default="")
    name_en = models.CharField("name (eng.)", max_length=200, blank=True, default="")

    class Meta:
        abstract = True

    @property
    def name(self) -> LocalText:
        return LocalText(kk=self.name_kk, ru=self.name_ru, en=self.name_en)

    def __str__(self) -> str:
        return self.name_ru or self.name_kk

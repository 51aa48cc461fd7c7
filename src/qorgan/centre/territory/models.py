"""Regions and districts as of 2024 (codes are P-codes, KATO beside them), and the operations centres over them."""

from django.conf import settings
from django.db import models

from qorgan.centre.named import NamedRow
from qorgan.kernel.ids import uuid7


class Region(NamedRow):
    """One of the 17 regions and 3 cities of republican significance."""

    code = models.CharField(primary_key=True, max_length=12)
    kato = models.CharField("КАТО", max_length=9)
    iso = models.CharField("ISO 3166-2", max_length=6, blank=True)

    class Meta:
        verbose_name = "облыс · область"
        verbose_name_plural = "облыстар · области"
        ordering = ("code",)


class District(NamedRow):
    """A district or a city of regional significance."""

    code = models.CharField(primary_key=True, max_length=12)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="districts")
    kato = models.CharField("КАТО", max_length=9)

    class Meta:
        verbose_name = "аудан · район"
        verbose_name_plural = "аудандар · районы"
        ordering = ("code",)


class OperationsCentre(NamedRow):
    """A police operations centre and the territory it answers for: whole regions, and single districts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    regions = models.ManyToManyField(Region, blank=True, related_name="centres")
    districts = models.ManyToManyField(District, blank=True, related_name="centres")
    neighbour = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name="көрші орталық · соседний центр",
        help_text="the last rung of an alarm that nobody here takes",
    )
    supervisors = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="supervised_centres",
        verbose_name="ауысым бастықтары · старшие смен",
        help_text="the duty officers who are called when an alarm waits for 30 s",
    )

    class Meta:
        verbose_name = "жедел басқару орталығы · центр оперативного управления"
        verbose_name_plural = "жедел басқару орталықтары · центры оперативного управления"

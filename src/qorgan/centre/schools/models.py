"""Organisations of education. `School` is the short name of all kinds of them."""

from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from qorgan.centre.named import NamedRow
from qorgan.centre.scope import within
from qorgan.centre.territory.models import District
from qorgan.domain import alarms
from qorgan.domain.access import Actor
from qorgan.domain.cameras import CameraState
from qorgan.domain.places import LIST_KEY_LENGTH, LocalText, list_key
from qorgan.kernel.ids import is_key, uuid7


def valid_site(site: str) -> None:
    if not is_key(site):
        raise ValidationError("a-z, 0-9, -; 1-63")


class Located(NamedTuple):
    """Which school, and where it lies: all that an alarm needs of it while it is stored."""

    id: UUID
    district: str
    region: str


class SchoolQuerySet(QuerySet["School"]):
    def visible_to(self, actor: Actor) -> "SchoolQuerySet":
        """The only door to schools for anybody who asks."""
        return self.filter(within(actor.scope))

    def with_status(self) -> "SchoolQuerySet":
        """Adds `cameras_total`, `cameras_live` and `alarm_level` (the gravest open real alarm), and joins the node."""
        from qorgan.centre.alarms.models import Alarm
        from qorgan.centre.cameras.models import Camera

        cameras = Camera.objects.filter(school=OuterRef("pk"), present=True).order_by().values("school")
        live = cameras.filter(state=CameraState.LIVE, school__node__state="online")
        open_alarms = Alarm.objects.filter(school=OuterRef("pk"), kind=alarms.Kind.REAL)
        gravest = open_alarms.exclude(state__in=alarms.ENDED).order_by().values("school")
        status: dict[str, Any] = {
            "cameras_total": Coalesce(Subquery(cameras.annotate(n=Count("pk")).values("n")), 0),
            "cameras_live": Coalesce(Subquery(live.annotate(n=Count("pk")).values("n")), 0),
            "alarm_level": Subquery(gravest.annotate(level_=Min("level")).values("level_")),
        }
        return self.select_related("node", "district").annotate(**status)

    def saying(self, text: str) -> "SchoolQuerySet":
        """Schools whose names, address or site id contain every word of `text`, in any script's case."""
        condition = Q()
        for word in text.casefold().split()[:10]:
            condition &= Q(search__contains=word)
        return self.filter(condition)


class School(NamedRow):
    class Kind(models.TextChoices):
        SCHOOL = "school", "мектеп · школа"
        KINDERGARTEN = "kindergarten", "балабақша · детский сад"
        COLLEGE = "college", "колледж"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    site = models.CharField(
        "торап · узел", max_length=63, unique=True, validators=[valid_site], help_text="the node's id on the link"
    )
    kind = models.CharField("түрі · вид", max_length=16, choices=Kind.choices)
    address_kk = models.CharField("мекенжайы (қаз.)", max_length=300)
    address_ru = models.CharField("адрес (рус.)", max_length=300, blank=True, default="")
    address_en = models.CharField("address (eng.)", max_length=300, blank=True, default="")
    head_name = models.CharField("басшысы · руководитель", max_length=200, blank=True, default="")
    phone = models.CharField("телефон", max_length=40, blank=True, default="")
    district = models.ForeignKey(District, on_delete=models.PROTECT, verbose_name="аудан · район")
    lat = models.FloatField(
        "ендік · широта", validators=[MinValueValidator(-90), MaxValueValidator(90)], help_text="WGS 84, °"
    )
    lon = models.FloatField(
        "бойлық · долгота", validators=[MinValueValidator(-180), MaxValueValidator(180)], help_text="WGS 84, °"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    search = models.TextField(editable=False, default="", help_text="what `saying` looks in, case-folded")
    list_key = models.CharField(
        max_length=LIST_KEY_LENGTH, editable=False, default="", help_text="sorts lists: kind, number, name"
    )

    # only on rows read `with_status()`
    cameras_total: int
    cameras_live: int
    alarm_level: str | None

    objects = SchoolQuerySet.as_manager()

    class Meta:
        verbose_name = "білім беру ұйымы · организация образования"
        verbose_name_plural = "білім беру ұйымдары · организации образования"
        indexes = (models.Index(fields=("list_key", "id"), name="schools_in_their_order"),)
        constraints = (
            models.CheckConstraint(condition=~Q(name_kk=""), name="school_has_a_kazakh_name"),
            models.CheckConstraint(condition=Q(lat__range=(-90, 90), lon__range=(-180, 180)), name="school_on_earth"),
        )

    @property
    def address(self) -> LocalText:
        return LocalText(kk=self.address_kk, ru=self.address_ru, en=self.address_en)

    @property
    def located(self) -> Located:
        return Located(self.pk, self.district_id, self.district.region_id)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.prepare()
        super().save(*args, **kwargs)

    def prepare(self) -> None:
        """What lists and searches are made of: for whoever stores many rows at once, without `save`."""
        names = (self.name_kk, self.name_ru, self.name_en, self.address_kk, self.address_ru, self.address_en, self.site)
        self.search = "\n".join(names).casefold()
        self.list_key = list_key(self.Kind.values.index(self.kind), self.name_kk)

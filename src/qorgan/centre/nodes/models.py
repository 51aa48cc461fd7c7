"""What is known of each school's node. The pulse itself stays in memory (`board`); changes of state come here."""

from django.db import models

from qorgan.centre.schools.models import School


class Node(models.Model):
    """A school without this row was never heard from."""

    class State(models.TextChoices):
        ONLINE = "online", "желіде · на связи"
        SILENT = "silent", "үнсіз · молчит"

    school = models.OneToOneField(School, on_delete=models.PROTECT, primary_key=True, related_name="node")
    state = models.CharField("күйі · состояние", max_length=8, choices=State.choices)
    last_pulse_at = models.DateTimeField(
        null=True, help_text="centre's clock; exact when silent, else at most a minute old"
    )
    software = models.CharField(max_length=100, blank=True, default="")
    started_at = models.DateTimeField(null=True, help_text="the node's clock: when its core started")
    clock_offset_s = models.FloatField(null=True, help_text="the node's clock minus ours, s, transit included")
    outbox = models.PositiveIntegerField(default=0, help_text="messages that the node has not yet got acknowledged")
    disk_free_bytes = models.BigIntegerField(default=0)
    disk_total_bytes = models.BigIntegerField(default=0)
    faults = models.JSONField(default=list, help_text="codes of what the node says is wrong with itself")
    disks = models.JSONField(default=list, help_text="messages.DiskHealth of each disk of the archive, as last told")
    seal_key = models.CharField(
        max_length=64, blank=True, default="", help_text="X25519, base64url: the first one told, and believed since"
    )
    seal_key_offered = models.CharField(
        max_length=64,
        blank=True,
        default="",
        help_text="another one told later: nothing is sealed until it is accepted",
    )
    complete_to = models.BigIntegerField(default=0, help_text="every seq up to this one has arrived")
    missing = models.PositiveIntegerField(default=0, help_text="seqs missing for over 60 s: a fault of the link")

    class Meta:
        verbose_name = "мектеп торабы · узел школы"
        verbose_name_plural = "мектеп тораптары · узлы школ"

    def __str__(self) -> str:
        return f"{self.school_id}: {self.state}"


class DiskForecast(models.Model):
    """What a disk of a school's archive will hold, as its node told it last (`messages.StorageForecast`)."""

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="forecasts")
    disk = models.CharField(max_length=64)
    at = models.DateTimeField(help_text="the node's clock")
    min_days = models.FloatField(help_text="what the norm wants, days")
    days_kept = models.FloatField(help_text="what the disk keeps in the long run, days")
    bytes_per_day = models.BigIntegerField()
    room_bytes = models.BigIntegerField()
    breaks_at = models.DateTimeField(null=True, help_text="when something younger than the minimum would have to go")

    class Meta:
        verbose_name = "мұрағат болжамы · прогноз архива"
        verbose_name_plural = "мұрағат болжамдары · прогнозы архивов"
        constraints = (models.UniqueConstraint(fields=("school", "disk"), name="forecast_once_per_disk"),)

    def __str__(self) -> str:
        return f"{self.school_id}: {self.disk}"

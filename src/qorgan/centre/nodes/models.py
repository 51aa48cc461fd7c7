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
    complete_to = models.BigIntegerField(default=0, help_text="every seq up to this one has arrived")
    missing = models.PositiveIntegerField(default=0, help_text="seqs missing for over 60 s: a fault of the link")

    class Meta:
        verbose_name = "мектеп торабы · узел школы"
        verbose_name_plural = "мектеп тораптары · узлы школ"

    def __str__(self) -> str:
        return f"{self.school_id}: {self.state}"

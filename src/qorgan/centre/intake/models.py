"""The inbox: one row per message that a school was told is stored, for ever."""

from django.db import models


class Inbox(models.Model):
    """Its id is the envelope's: the same message delivered twice finds itself here (invariant I9)."""

    id = models.UUIDField(primary_key=True, editable=False)
    site = models.CharField(max_length=63)
    seq = models.BigIntegerField()
    type = models.CharField(max_length=100)
    version = models.PositiveSmallIntegerField()
    sent_at = models.DateTimeField(help_text="the school's clock")
    received_at = models.DateTimeField(help_text="the centre's clock")
    body = models.BinaryField(
        null=True, help_text="MessagePack as it came; kept for alarms and for types this software does not know"
    )

    class Meta:
        verbose_name = "хабар · сообщение"
        verbose_name_plural = "кіріс хабарлар · входящие"
        indexes = (models.Index(fields=("site", "seq"), name="inbox_site_seq"),)

    def __str__(self) -> str:
        return f"{self.site} {self.seq} {self.type}"

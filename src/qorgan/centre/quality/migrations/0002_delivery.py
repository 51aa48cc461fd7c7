"""Faults of streams on their way, and whether a still is of the day or of the night."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("quality", "0001_initial"),)

    operations = (
        migrations.RemoveConstraint(model_name="faultspell", name="spell_open_once"),
        migrations.AddField(
            model_name="faultspell",
            name="stream",
            field=models.CharField(blank=True, default="", help_text="empty: a fault of the picture", max_length=4),
        ),
        migrations.AlterField(
            model_name="faultspell",
            name="fault",
            field=models.CharField(help_text="domain.quality: a Fault, or a DeliveryFault of `stream`", max_length=40),
        ),
        migrations.AddConstraint(
            model_name="faultspell",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)), fields=("camera", "fault", "stream"), name="spell_open_once"
            ),
        ),
        migrations.AddField(
            model_name="picturestate",
            name="delivery",
            field=models.JSONField(default=list, help_text="as `found`, with {stream}: how its streams come"),
        ),
        migrations.AddField(
            model_name="picturestate",
            name="delivered_badly",
            field=models.BooleanField(default=False, help_text="`delivery` has a confirmed fault"),
        ),
        migrations.AddField(
            model_name="still",
            name="period",
            field=models.CharField(
                blank=True, default="", help_text="Period; empty: its node does not tell", max_length=5
            ),
        ),
    )

"""Units have the states of a dispatch, say why they are out of service, and may be somewhere on the map."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

STATES = [
    ("free", "бос · свободен"),
    ("offered", "ұсынылды · предложен вызов"),
    ("dispatched", "шақыруды қабылдады · принял вызов"),
    ("en_route", "жолда · в пути"),
    ("on_scene", "орнында · на месте"),
    ("out_of_service", "қызметте емес · вне службы"),
]


def name_the_busy(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """A unit that was busy has been sent to an open alarm."""
    apps.get_model("alarms", "Unit").objects.filter(state="busy").update(state="dispatched")


class Migration(migrations.Migration):
    dependencies = [("alarms", "0001_initial")]

    operations = [
        migrations.AlterField(
            "unit",
            "state",
            models.CharField(verbose_name="күйі · состояние", max_length=16, choices=STATES, default="free"),
        ),
        migrations.RunPython(name_the_busy, migrations.RunPython.noop),
        migrations.AddField(
            "unit", "since", models.DateTimeField("уақыты · с какого времени", null=True, editable=False)
        ),
        migrations.AddField(
            "unit",
            "reason",
            models.CharField(
                "себебі · причина", max_length=300, blank=True, default="", help_text="out of service: why"
            ),
        ),
        migrations.AddField(
            "unit",
            "lat",
            models.FloatField(null=True, blank=True, help_text="WGS 84, °; null: nobody knows where it is"),
        ),
        migrations.AddField("unit", "lon", models.FloatField(null=True, blank=True)),
        migrations.AddField(
            "unit",
            "located_at",
            models.DateTimeField(null=True, blank=True, help_text="when it was there"),
        ),
        migrations.AddConstraint(
            "unit",
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["free", "offered", "dispatched", "en_route", "on_scene", "out_of_service"]
                ),
                name="unit_state_known",
            ),
        ),
    ]

"""The engine: ladders, leases, shelves, signatures, incidents, orders; points out of service."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F

import qorgan.domain.alarms
import qorgan.kernel.ids


def count_lines(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Until now the version was the number of lines."""
    apps.get_model("alarms", "Alarm").objects.update(lines_written=F("version"))


class Migration(migrations.Migration):
    dependencies = [
        ("alarms", "0002_units_states"),
        ("schools", "0002_list_key"),
        ("territory", "0002_neighbours"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OutOfService",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=qorgan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "key",
                    models.CharField(help_text="the button's, contact's or panel's key at the school", max_length=100),
                ),
                ("reason", models.TextField()),
                ("at", models.DateTimeField()),
                ("until", models.DateTimeField(help_text="then it counts as in service again, mended or not")),
                ("ended_at", models.DateTimeField(help_text="a person put it back before its time", null=True)),
            ],
            options={
                "verbose_name": "істен шыққан нүкте · точка вне эксплуатации",
                "verbose_name_plural": "істен шыққан нүктелер · точки вне эксплуатации",
            },
        ),
        migrations.AddField(
            model_name="alarm",
            name="alerts",
            field=models.PositiveIntegerField(default=1, help_text="how often it has called out anew"),
        ),
        migrations.AddField(
            model_name="alarm",
            name="claimed",
            field=models.BooleanField(default=False, help_text="a cancel that no verdict has looked at since"),
        ),
        migrations.AddField(
            model_name="alarm",
            name="closing_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="alarm",
            name="closing_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="alarm",
            name="closing_disposition",
            field=models.CharField(
                choices=[
                    ("true", "true"),
                    ("false_accident", "false_accident"),
                    ("false_technical", "false_technical"),
                    ("malicious", "malicious"),
                    ("drill", "drill"),
                    ("test", "test"),
                ],
                max_length=16,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="alarm",
            name="closing_note",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AddField(
            model_name="alarm",
            name="code",
            field=models.CharField(blank=True, default="", help_text="as the way in said it", max_length=60),
        ),
        migrations.AddField(
            model_name="alarm",
            name="confirmed_by",
            field=models.ForeignKey(
                help_text="the second signature",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="alarm",
            name="duress",
            field=models.BooleanField(default=False, help_text="raised or cancelled under threat: nobody calls back"),
        ),
        migrations.AddField(
            model_name="alarm",
            name="ladder",
            field=models.JSONField(default=list, help_text="frozen at the raise: [{after_s, to, centre}]"),
        ),
        migrations.AddField(
            model_name="alarm",
            name="lease_until",
            field=models.DateTimeField(help_text="without a sign of the owner until then it waits again", null=True),
        ),
        migrations.AddField(
            model_name="alarm",
            name="lines_written",
            field=models.PositiveIntegerField(default=0, help_text="lines in the log"),
        ),
        migrations.AddField(
            model_name="alarm",
            name="meaning",
            field=models.CharField(blank=True, default="", help_text="domain.signals.Meaning", max_length=60),
        ),
        migrations.AddField(
            model_name="alarm",
            name="next_at",
            field=models.DateTimeField(help_text="when the engine has to do with it", null=True),
        ),
        migrations.AddField(
            model_name="alarm",
            name="note",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AddField(
            model_name="alarm",
            name="point_out_of_service",
            field=models.BooleanField(default=False, help_text="the point was, when it was raised"),
        ),
        migrations.AddField(
            model_name="alarm",
            name="presser",
            field=models.CharField(
                choices=[
                    ("received", "received"),
                    ("owned", "owned"),
                    ("dispatched", "dispatched"),
                    ("en_route", "en_route"),
                    ("arrived", "arrived"),
                    ("closed", "closed"),
                ],
                default=qorgan.domain.alarms.Progress["RECEIVED"],
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="alarm",
            name="presser_due",
            field=models.DateTimeField(help_text="when the school is told next; null: it knows", null=True),
        ),
        migrations.AddField(
            model_name="alarm",
            name="presser_told",
            field=models.CharField(
                choices=[
                    ("received", "received"),
                    ("owned", "owned"),
                    ("dispatched", "dispatched"),
                    ("en_route", "en_route"),
                    ("arrived", "arrived"),
                    ("closed", "closed"),
                ],
                default=qorgan.domain.alarms.Progress["RECEIVED"],
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="alarm",
            name="presser_tries",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="alarm",
            name="presses",
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="alarm",
            name="returned_at",
            field=models.DateTimeField(help_text="the button is back in its rest; the alarm is latched", null=True),
        ),
        migrations.AddField(
            model_name="alarm",
            name="rung",
            field=models.PositiveSmallIntegerField(default=0, help_text="rungs called since then"),
        ),
        migrations.AddField(
            model_name="alarm",
            name="shared_with",
            field=models.ForeignKey(
                help_text="the neighbour, once called",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="territory.operationscentre",
            ),
        ),
        migrations.AddField(
            model_name="alarm",
            name="shelf_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="alarm",
            name="shelf_confirmed_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="alarm",
            name="shelf_reason",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AddField(
            model_name="alarm",
            name="shelf_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="alarm",
            name="two_persons",
            field=models.BooleanField(default=False, help_text="closing it wants two of them"),
        ),
        migrations.AddField(
            model_name="alarm",
            name="waiting_since",
            field=models.DateTimeField(help_text="rungs count from here; null: owned, shelved or ended", null=True),
        ),
        migrations.AlterField(
            model_name="alarm",
            name="version",
            field=models.PositiveIntegerField(help_text="goes up with everything that a screen shows of it"),
        ),
        migrations.CreateModel(
            name="ActionOrder",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=qorgan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("action", models.CharField(max_length=12)),
                (
                    "kind",
                    models.CharField(choices=[("real", "real"), ("drill", "drill"), ("test", "test")], max_length=8),
                ),
                ("at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting: the school has not answered yet"),
                            ("taken", "taken: durable at the school"),
                            ("refused", "refused by the school, for the reason in `answer`"),
                            ("superseded", "superseded: a newer order was given before the school had this one"),
                        ],
                        default="waiting",
                        max_length=12,
                    ),
                ),
                ("answer", models.CharField(blank=True, default="", help_text="the code of a refusal", max_length=100)),
                ("answered_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField(help_text="when it is sent (again); null: it is settled", null=True)),
                ("tries", models.PositiveIntegerField(default=0)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="orders", to="schools.school"
                    ),
                ),
            ],
            options={
                "verbose_name": "мектепке бұйрық · приказ школе",
                "verbose_name_plural": "мектептерге бұйрықтар · приказы школам",
            },
        ),
        migrations.CreateModel(
            name="EarlyClaim",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("alarm", models.UUIDField(db_index=True)),
                ("claim", models.CharField(max_length=12)),
                ("at", models.DateTimeField(help_text="the school's clock")),
                ("by", models.CharField(blank=True, default="", max_length=200)),
                ("duress", models.BooleanField(default=False)),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="schools.school"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="EngineTurn",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="one_engine_turn")],
            },
        ),
        migrations.CreateModel(
            name="Incident",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=qorgan.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(choices=[("real", "real"), ("drill", "drill"), ("test", "test")], max_length=8),
                ),
                ("opened_at", models.DateTimeField(help_text="its first alarm, by the centre's clock")),
                ("last_at", models.DateTimeField(help_text="its last alarm")),
                ("ended_at", models.DateTimeField(help_text="when none of its alarms was open any more", null=True)),
                (
                    "region",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="territory.region"
                    ),
                ),
            ],
            options={
                "verbose_name": "жаппай оқиға · массовое событие",
                "verbose_name_plural": "жаппай оқиғалар · массовые события",
            },
        ),
        migrations.AddField(
            model_name="alarm",
            name="parent",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="alarms", to="alarms.incident"
            ),
        ),
        migrations.AddIndex(
            model_name="alarm",
            index=models.Index(condition=models.Q(("next_at__isnull", False)), fields=["next_at"], name="alarm_due"),
        ),
        migrations.AddIndex(
            model_name="alarm",
            index=models.Index(
                condition=models.Q(("presser_due__isnull", False)), fields=["presser_due"], name="alarm_presser_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="alarm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("state__in", [qorgan.domain.alarms.State["CLOSED"], qorgan.domain.alarms.State["REVIEWED"]]),
                        _negated=True,
                    ),
                    ("two_persons", False),
                    models.Q(
                        ("confirmed_by__isnull", False),
                        models.Q(("confirmed_by", models.F("closed_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="alarm_is_closed_by_two_persons",
            ),
        ),
        migrations.AddField(
            model_name="outofservice",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="outofservice",
            name="ended_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="outofservice",
            name="school",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="out_of_service", to="schools.school"
            ),
        ),
        migrations.AddIndex(
            model_name="actionorder",
            index=models.Index(fields=["school", "-at"], name="orders_newest_first"),
        ),
        migrations.AddIndex(
            model_name="actionorder",
            index=models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="order_due"),
        ),
        migrations.AddIndex(
            model_name="outofservice",
            index=models.Index(fields=["school", "key"], name="out_of_service_point"),
        ),
        migrations.RunPython(count_lines, migrations.RunPython.noop),
    ]

from typing import Any

from django.db import migrations, models

from qorgan.domain.places import list_key


def fill(apps: Any, schema_editor: Any) -> None:
    kinds = ("school", "kindergarten", "college")
    School = apps.get_model("schools", "School")
    for school in School.objects.only("kind", "name_kk").iterator():
        School.objects.filter(pk=school.pk).update(list_key=list_key(kinds.index(school.kind), school.name_kk))


class Migration(migrations.Migration):
    dependencies = [("schools", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="school",
            name="list_key",
            field=models.CharField(
                default="", editable=False, help_text="sorts lists: kind, number, name", max_length=127
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="school",
            index=models.Index(fields=["list_key", "id"], name="schools_in_their_order"),
        ),
    ]

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("duties", "0002_lean_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="duty",
            name="not_unit_paths",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=120), blank=True, default=list, size=None
            ),
        ),
        migrations.RunSQL(
            "UPDATE duties_duty SET not_unit_paths = ARRAY[not_unit_path]::varchar(120)[] WHERE not_unit_path <> ''",
            "UPDATE duties_duty SET not_unit_path = coalesce(not_unit_paths[1], '')",
        ),
        migrations.RemoveField(
            model_name="duty",
            name="not_unit_path",
        ),
    ]

"""Count what each key-encryption key wraps; note when a key was retired and destroyed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]

    operations = [
        migrations.AddField("key", "destroyed_at", models.DateTimeField(null=True)),
        migrations.AddField("key", "retired_at", models.DateTimeField(null=True)),
        migrations.AddField("key", "wraps", models.BigIntegerField(default=0)),
        migrations.AddConstraint(
            "key",
            models.UniqueConstraint(
                condition=models.Q(("state", "active")),
                fields=("use",),
                name="kernel_key_one_active",
            ),
        ),
    ]

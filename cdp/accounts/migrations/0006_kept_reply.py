from django.db import migrations, models

import cdp.kernel.base
import cdp.kernel.identifiers


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_operator_session"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeptReply",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=cdp.kernel.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "workspace_id",
                    models.UUIDField(
                        db_default=cdp.kernel.base.CurrentWorkspace(), db_index=True, editable=False
                    ),
                ),
                ("caller", models.UUIDField()),
                ("digest", models.BinaryField()),
                ("request", models.BinaryField()),
                ("claim", models.UUIDField()),
                ("began_at", models.DateTimeField()),
                ("lease_until", models.DateTimeField(null=True)),
                ("key_id", models.IntegerField(null=True)),
                ("reply", models.BinaryField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["began_at"], name="accounts_keptreply_oldest"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("caller", "digest"), name="accounts_keptreply_once"
                    ),
                ],
            },
        ),
    ]

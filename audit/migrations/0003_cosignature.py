from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_verification"),
    ]

    operations = [
        migrations.CreateModel(
            name="Cosignature",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "size",
                        "witness",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("size", models.BigIntegerField()),
                ("witness", models.TextField()),
                ("line", models.TextField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "audit_cosignature",
            },
        ),
        migrations.AddField(
            model_name="verification",
            name="backward",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="verification",
            name="cosignatures",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="verification",
            name="dropped",
            field=models.BigIntegerField(default=0),
        ),
    ]

"""Foreign keys go down like imports do; import-linter sees no string references."""

from django.apps import apps
from django.db.models import ForeignObject

ORDER = ("kernel", "accounts", "audit", "approvals", "consent", "profiles", "campaigns")


def test_foreign_keys_point_down_or_stay_at_home() -> None:
    upward = []
    for model in apps.get_models():
        label = model._meta.app_label
        if label not in ORDER:
            continue
        for field in model._meta.get_fields():
            if isinstance(field, ForeignObject):
                to = field.remote_field.model._meta
                if to.app_label in ORDER and ORDER.index(to.app_label) > ORDER.index(label):
                    upward.append(f"{model._meta.label}.{field.name} → {to.label}")

    assert upward == []


def test_audit_and_consent_know_a_person_by_id_alone() -> None:
    tied = [
        f"{model._meta.label}.{field.name}"
        for label in ("audit", "consent", "kernel")
        for model in apps.get_app_config(label).get_models()
        for field in model._meta.get_fields()
        if field.name == "subject" or (field.name == "subject_id" and field.is_relation)
        if model._meta.label != "audit.Inbox"  # a plain id, for the sequencer
    ]

    assert tied == []


def test_every_app_has_its_place_in_the_order() -> None:
    ours = {
        config.label for config in apps.get_app_configs()
        if config.name.split(".")[0] in ("cdp", "audit", "consent", "profiles", "campaigns")
    }  # fmt: skip

    assert ours - {"cdp"} == set(ORDER)
    assert not list(apps.get_app_config("cdp").get_models())

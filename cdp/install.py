"""Everything in the database that is not a table: functions, policies, triggers, grants."""

from audit import install as audit_install
from campaigns.delivery import policies as delivery_policies
from cdp import grants
from cdp.kernel import database, key_register
from cdp.kernel.protected import protected_models
from consent import erasures, policies, purposes
from profiles.events import partitions


def install() -> None:
    """Put it all in force from the declarations, in one transaction; safe to repeat."""
    with database.atomic(), database.cursor() as sql:
        for statement in _statements():
            sql.execute(statement)
        purposes.write_catalogue()
        key_register.follow()


def _statements() -> list[str]:
    out = [
        *policies.statements(),
        *grants.statements(),
        *partitions.statements(),
        *delivery_policies.statements(),
        *audit_install.statements(),
        *erasures.guards(),
    ]
    for table, ignored in grants.WATCHED.items():
        out += audit_install.change_triggers(
            table, per_person=False, ignore=ignored, show=grants.SHOWN.get(table, ())
        )
    for model in protected_models():
        # rows that come in volume are on the record as their batch or run; emptying is refused
        acts = audit_install.CHANGES if model.protection.audited else ()
        out += audit_install.change_triggers(
            model._meta.db_table,
            per_person=True,
            acts=acts,
            ignore=model.protection.unwatched,
        )
        out += audit_install.partition_triggers(model._meta.db_table)
    return out

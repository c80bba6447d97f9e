"""
From a table's declaration to its policies, stamp trigger, index and grants.

One declaration (`Protection`) makes all of it; `install` writes it after each migration, so a
policy is never edited by hand. `OWN_TABLES` are the tables that name a subject and are reached in
another way: ledgers, keys, sign-ins; each says who may do what to which of its rows.
"""

from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.db.models import UniqueConstraint

from cdp.kernel.base import WorkspaceRecord
from cdp.kernel.protected import OnClose, ProtectedRecord, protected_models
from cdp.kernel.roles import READERS_BY_PURPOSE, Role

SQL = Path(__file__).parent / "sql"
IN_WORKSPACE = "workspace_id = (SELECT current_workspace())"
OWN = f"{IN_WORKSPACE} AND subject_id = ANY ((SELECT current_origins())::uuid[])"
ERASED = f"{IN_WORKSPACE} AND subject_id = ANY ((SELECT current_erased())::uuid[])"
ANY_ROW = "true"
BY_PURPOSE = f"{IN_WORKSPACE} AND purpose_bits & (SELECT purpose_mask()) <> 0"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may do what to which rows of a table of its own."""

    roles: tuple[Role, ...]
    commands: tuple[str, ...]
    rows: str
    columns: tuple[str, ...] = ()  # of UPDATE; empty means every column


# Which subjects are one person: whoever folds somebody must see all of them, or a no gets lost.
FOLDED_FROM = ("kernel_origin", "profiles_merge")
_KEEPERS = (Role.INGEST, Role.FOLD)
_PEOPLE_READERS = (Role.INGEST, Role.WORKER, Role.WEB, Role.API, Role.PORTAL, Role.AUDIT)
# Goes when the person is erased; what has no such rule stays (`cdp.rights.stores` says why).
_GOES = Rule((Role.RIGHTS,), ("SELECT", "DELETE"), ERASED)

OWN_TABLES: dict[str, tuple[Rule, ...]] = {
    "consent_subject": (
        Rule(_KEEPERS, ("SELECT", "INSERT", "UPDATE"), ANY_ROW),
        Rule((Role.WEB, Role.API), ("SELECT", "INSERT", "UPDATE"), IN_WORKSPACE),
        Rule((Role.PORTAL,), ("SELECT", "INSERT", "UPDATE"), OWN),
        Rule((Role.RIGHTS,), ("SELECT", "UPDATE"), ERASED),
    ),
    "consent_permission": (
        Rule((Role.FOLD,), ("SELECT", "INSERT", "UPDATE", "DELETE"), ANY_ROW),
        Rule((Role.INGEST,), ("SELECT",), ANY_ROW),
        Rule((Role.WEB, Role.API), ("SELECT",), IN_WORKSPACE),
        Rule((Role.PORTAL,), ("SELECT",), OWN),
        _GOES,
    ),
    "consent_record": (
        Rule((Role.INGEST,), ("SELECT", "INSERT"), ANY_ROW),
        Rule((Role.WEB, Role.API), ("SELECT", "INSERT"), IN_WORKSPACE),
        Rule((Role.PORTAL,), ("SELECT", "INSERT"), OWN),
        Rule((Role.WORKER,), ("SELECT",), IN_WORKSPACE),
        Rule((Role.RIGHTS,), ("SELECT",), ERASED),
    ),
    "consent_erasure_ledger": (
        Rule((Role.RIGHTS,), ("SELECT", "INSERT"), ANY_ROW),
        # is every erasure in this database? Asked by each process before it serves
        Rule(_PEOPLE_READERS, ("SELECT",), ANY_ROW, columns=("id",)),
    ),
    "consent_datause": (
        Rule((Role.INGEST,), ("INSERT",), ANY_ROW),
        Rule((Role.WORKER, Role.WEB, Role.API), ("SELECT", "INSERT"), IN_WORKSPACE),
        Rule((Role.PORTAL,), ("INSERT",), IN_WORKSPACE),
        Rule((Role.PORTAL,), ("SELECT",), f"({OWN}) OR ({IN_WORKSPACE} AND subject_id IS NULL)"),
        Rule((Role.RIGHTS,), ("SELECT", "INSERT"), IN_WORKSPACE),
        Rule((Role.RIGHTS,), ("DELETE",), ERASED),
    ),
    "consent_datausemember": (
        Rule((Role.WORKER, Role.WEB, Role.API), ("SELECT", "INSERT"), IN_WORKSPACE),
        Rule((Role.PORTAL,), ("SELECT",), OWN),
        _GOES,
    ),
    "consent_explanation": (
        Rule((Role.WORKER,), ("SELECT", "INSERT"), IN_WORKSPACE),
        Rule((Role.PORTAL,), ("SELECT",), OWN),
        _GOES,
    ),
    "consent_token": (
        Rule((Role.WORKER,), ("INSERT",), IN_WORKSPACE),
        Rule((Role.PORTAL,), ("SELECT",), ANY_ROW),  # found by the digest of a random token
        _GOES,
    ),
    "kernel_subjectkey": (
        Rule((*_PEOPLE_READERS, Role.REWRAP), ("SELECT",), ANY_ROW),
        Rule((Role.INGEST,), ("INSERT",), ANY_ROW),
        Rule((Role.REWRAP,), ("UPDATE",), ANY_ROW, columns=("kek_id", "wrapped")),
        _GOES,
    ),
    "accounts_signinlink": (
        Rule((Role.WORKER,), ("SELECT", "INSERT", "UPDATE", "DELETE"), IN_WORKSPACE),
        Rule((Role.PORTAL,), ("SELECT", "UPDATE"), IN_WORKSPACE),
        _GOES,
    ),
    "accounts_customersession": (
        Rule((Role.WORKER,), ("SELECT", "DELETE"), IN_WORKSPACE),
        Rule((Role.PORTAL,), ("SELECT", "INSERT", "UPDATE"), IN_WORKSPACE),
        _GOES,
    ),
}

# `CREATE TABLE consent_protected_table` belongs to the first migration of consent.


def statements() -> list[str]:
    """Return the SQL that puts every policy, trigger, index and grant in force; safe to repeat."""
    out = [
        f'SET ROLE "{Role.OWNER}"',
        (SQL / "settings.sql").read_text(),
        f'SET ROLE "{Role.FOLD}"',
        (SQL / "fold.sql").read_text(),
        *_function_grants(),
        f'SET ROLE "{Role.OWNER}"',
    ]
    everyone = ", ".join(role for role in Role if role not in (Role.OWNER, Role.TEST))
    out += [
        f"GRANT USAGE ON SCHEMA public TO {everyone}",
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC",
        f"GRANT SELECT ON consent_purpose, kernel_workspace TO {everyone}",
        f"GRANT SELECT ON consent_protected_table TO {everyone}",
        f"GRANT SELECT, INSERT, DELETE ON consent_permissiontotal TO {Role.FOLD}",
    ]
    out += _registered()
    for model in protected_models():
        out += _protect(model)
    for table, rules in OWN_TABLES.items():
        out += _own(table, rules)
    for table in workspace_tables():
        out += _in_workspace(table)
    return out


def workspace_tables() -> list[str]:
    """Return the tables of one workspace's own things that name no person."""
    names = {
        model._meta.db_table
        for model in apps.get_models()
        if issubclass(model, WorkspaceRecord) and model._meta.managed
    }
    return sorted(names - OWN_TABLES.keys())


def _registered() -> list[str]:
    rows = ", ".join(
        f"('{model._meta.db_table}', {int(p.category) if p.category else 'NULL'}, '{p.on_close}')"
        for model in protected_models()
        for p in [model.protection]
    )
    return [
        "DELETE FROM consent_protected_table",
        f"INSERT INTO consent_protected_table (name, category, on_close) VALUES {rows}",
    ]


def _policy(table: str, name: str, command: str, roles: str, rows: str) -> list[str]:
    using = "" if command == "INSERT" else f"USING ({rows})"
    check = "" if command in ("SELECT", "DELETE") else f"WITH CHECK ({rows})"
    return [
        f"DROP POLICY IF EXISTS {name} ON {table}",
        f"CREATE POLICY {name} ON {table} FOR {command} TO {roles} {using} {check}",
    ]


def _enforce(table: str) -> list[str]:
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
    ]


def _protect(model: type[ProtectedRecord]) -> list[str]:
    table, protection = model._meta.db_table, model.protection
    readers = ", ".join(READERS_BY_PURPOSE)
    out = [
        *_enforce(table),
        *_policy(table, "by_purpose", "ALL", readers, BY_PURPOSE),
        *_policy(table, "own_rows", "SELECT", ", ".join(_own_readers(table)), OWN),
        *_policy(table, "intake", "ALL", Role.INGEST, ANY_ROW),
        *_policy(table, "fold", "ALL", Role.FOLD, ANY_ROW),
        *_policy(table, "erased", "ALL", Role.RIGHTS, ERASED),
        f"GRANT SELECT ON {table} TO {readers}, {Role.PORTAL}, {Role.INGEST}",
        f"GRANT SELECT, DELETE ON {table} TO {Role.RIGHTS}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {Role.FOLD}",
    ]
    if not _is_indexed(model):
        out.append(f"CREATE INDEX IF NOT EXISTS {table}_by_subject ON {table} (subject_id)")
    for role, commands in protection.writers.items():
        plain = [command for command in commands if command != "UPDATE"]
        if plain:
            out.append(f"GRANT {', '.join(plain)} ON {table} TO {role}")
    for role, columns in protection.updates.items():
        out.append(f"GRANT UPDATE ({', '.join(columns)}) ON {table} TO {role}")
    if protection.stamped_by == "trigger":
        out += _stamp(table, model)
    return out


def _is_indexed(model: type[ProtectedRecord]) -> bool:
    """Say whether an index of the model's own begins with the subject, as folding needs it."""
    meta = model._meta
    firsts = [index.fields[0] for index in meta.indexes if index.fields]
    firsts += [each.fields[0] for each in meta.constraints if isinstance(each, UniqueConstraint)]
    return meta.pk is not None and "subject_id" in [*firsts, meta.pk.name]


def _own_readers(table: str) -> tuple[Role, ...]:
    """Return who reads one person's rows in that person's window; the API relays statements."""
    return (Role.PORTAL, Role.API) if table in FOLDED_FROM else (Role.PORTAL,)


def _stamp(table: str, model: type[ProtectedRecord]) -> list[str]:
    protection = model.protection
    if protection.derived:
        function = f"consent_stamp_derived('{int(protection.category or 0)}')"
    elif protection.category is not None:
        function = f"consent_stamp_fixed('{int(protection.category)}')"
    else:
        function = "consent_stamp()"
    return [
        f"DROP TRIGGER IF EXISTS stamp ON {table}",
        f"CREATE TRIGGER stamp BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {function}",
    ]


def _own(table: str, rules: tuple[Rule, ...]) -> list[str]:
    out = _enforce(table)
    for number, rule in enumerate(rules):
        for command in rule.commands:
            name = f"own_{number}_{command.lower()}"
            out += _policy(table, name, command, ", ".join(rule.roles), rule.rows)
            columns = f" ({', '.join(rule.columns)})" if rule.columns else ""
            out.append(f"GRANT {command}{columns} ON {table} TO {', '.join(rule.roles)}")
    return out


def _in_workspace(table: str) -> list[str]:
    bound = ", ".join((Role.WEB, Role.API, Role.WORKER, Role.PORTAL, Role.RIGHTS, Role.READ))
    free = ", ".join((Role.INGEST, Role.SWEEP, Role.AUDIT, Role.FOLD, Role.REWRAP))
    return [
        *_enforce(table),
        *_policy(table, "in_workspace", "ALL", bound, IN_WORKSPACE),
        *_policy(table, "any_workspace", "ALL", free, ANY_ROW),
    ]


def _function_grants() -> list[str]:
    folders = ", ".join((Role.PORTAL, Role.INGEST, Role.RIGHTS, Role.WEB, Role.API))
    askers = ", ".join((*READERS_BY_PURPOSE, Role.INGEST, Role.PORTAL))
    counters = ", ".join((Role.WORKER, Role.INGEST))
    apply_ = "consent_apply(uuid, uuid[], smallint[], bigint[])"
    return [
        f"REVOKE ALL ON FUNCTION {apply_} FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION {apply_} TO {folders}",
        "REVOKE ALL ON FUNCTION consent_count(uuid, timestamptz) FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION consent_count(uuid, timestamptz) TO {counters}",
        f"GRANT EXECUTE ON FUNCTION consent_stale(timestamptz) TO {askers}",
    ]


def derived_on_close() -> frozenset[str]:
    """Return the tables whose rows go when their purpose closes."""
    return frozenset(
        model._meta.db_table
        for model in protected_models()
        if model.protection.on_close is OnClose.DELETE
    )

"""The log's functions, guards, policies and grants, as statements; safe to run again."""

from collections.abc import Collection
from pathlib import Path

from cdp.kernel.roles import APPLICATION, Role

SQL = Path(__file__).with_name("sql")
TABLES = (
    "audit_inbox", "audit_entry", "audit_leaf", "audit_tile", "audit_checkpoint",
    "audit_cosignature", "audit_verification",
)  # fmt: skip
CHANGES = ("insert", "update", "delete")
# Folding a person's permissions is on the record as their consent, not as changed rows.
UNWATCHED_COLUMNS = ("purpose_bits", "purpose_ceiling", "purpose_made", "updated_at")

# `at`, `db_role` and the workspace are not among them: nobody can forge those.
_WRITABLE = "actor, act, subject, purpose, obj, req, detail"
_LOG_READERS = (Role.WEB, Role.API, Role.PORTAL, Role.RIGHTS)


def statements() -> list[str]:
    """Return what the migration role executes after the tables exist, in order."""
    files = ("changes.sql", "watch.sql", "guards.sql", "policies.sql", "forget.sql")
    return [*((SQL / name).read_text() for name in files), *_grants()]


def change_triggers(
    table: str,
    *,
    per_person: bool,
    acts: Collection[str] = CHANGES,
    ignore: Collection[str] = (),
    show: Collection[str] = (),
) -> list[str]:
    """
    Return the statements after which changes of `table` are on the record.

    `per_person` writes one entry for each person a statement touched (the table has
    `subject_id`), else one for each row. `acts` are among `CHANGES`; `ignore` names columns, such
    as a heartbeat, whose change alone says nothing. `show` names columns of a table about nobody
    whose value before and after is kept.
    """
    ignored = [*UNWATCHED_COLUMNS, *ignore]
    arguments = f"'{table}', {per_person}, {_array(acts)}, {_array(ignored)}, {_array(show)}"
    return [f"SET ROLE {Role.OWNER}", f"SELECT audit_watch({arguments})", "RESET ROLE"]


def partition_triggers(parent: str) -> list[str]:
    """
    Return the statements after which nothing is written past the parent of partitions unseen.

    What goes through the parent fires none of them, so they cost it nothing.
    """
    return [
        f"SET ROLE {Role.OWNER}",
        "SELECT audit_watch_partition(inhrelid) FROM pg_inherits "
        f"WHERE inhparent = '{parent}'::regclass",
        "RESET ROLE",
    ]


def _array(words: Collection[str]) -> str:
    return "ARRAY[" + ", ".join(f"'{word}'" for word in words) + "]::text[]"


def _grants() -> list[str]:
    tables = ", ".join(TABLES)
    everyone = ", ".join((*APPLICATION, Role.READ, Role.FOLD))
    writers, readers = ", ".join(APPLICATION), ", ".join(_LOG_READERS)
    return [
        f"SET ROLE {Role.OWNER}",
        f"REVOKE ALL ON {tables} FROM PUBLIC, {everyone}",
        f"GRANT INSERT ({_WRITABLE}) ON audit_inbox TO {writers}",
        f"GRANT INSERT (workspace_id, {_WRITABLE}) ON audit_inbox TO {Role.FOLD}",
        f"GRANT SELECT, DELETE ON audit_inbox TO {Role.AUDIT}",
        f"GRANT SELECT, INSERT ON audit_entry, audit_leaf, audit_checkpoint TO {Role.AUDIT}",
        f"GRANT SELECT, INSERT ON audit_cosignature, audit_verification TO {Role.AUDIT}",
        f"GRANT SELECT ON audit_entry TO {Role.FOLD}",
        f"GRANT SELECT, DELETE ON audit_leaf TO {Role.FOLD}",
        f"GRANT SELECT, INSERT, UPDATE ON audit_tile TO {Role.AUDIT}",
        f"GRANT SELECT ON audit_entry, audit_leaf, audit_tile, audit_checkpoint TO {readers}",
        f"GRANT SELECT ON audit_cosignature, audit_verification TO {readers}",
        f"GRANT SELECT (idx, workspace_id, at, act, actor, obj) ON audit_entry TO {Role.WORKER}",
        f"GRANT SELECT ON audit_verification TO {Role.WORKER}",
        # a person's pseudonym is made with their workspace's key
        f"GRANT SELECT ON kernel_workspace TO {Role.AUDIT}, {readers}",
        "RESET ROLE",
    ]

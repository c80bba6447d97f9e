"""What `manage.py doctor` looks at in a running database: logins, rights, extensions."""

from collections.abc import Iterator, Mapping

import psycopg

from cdp.kernel.roles import LOGINS, Role
from cdp.runtime import private_files, valkey
from cdp.runtime.bootstrap import EXTENSIONS
from cdp.runtime.findings import Finding
from cdp.runtime.launch import Ground

WHO = """
SELECT r.rolsuper OR r.rolbypassrls,
       EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p'))
FROM pg_roles r WHERE r.rolname = session_user
"""
UNPROTECTED = """
SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE a.attname = 'purpose_bits' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
"""

SWITCHED_OFF = """
SELECT tgrelid::regclass::text, tgname::text FROM pg_trigger
WHERE NOT tgisinternal AND tgname LIKE 'audit%' AND tgenabled <> 'A' ORDER BY 1, 2 LIMIT 1
"""
# The platform always says who acts; where it forgot, the entry names its login.
UNATTRIBUTED = """
SELECT count(*), max(idx), (array_agg(act ORDER BY idx DESC))[1] FROM audit_entry
WHERE starts_with(actor, 'db:cdp_') AND actor <> 'db:cdp_migrate'
"""


def servers(ground: Ground) -> Iterator[Finding]:
    """Look at the servers of the last start, where they run."""
    dsns = private_files.read_json(ground.logins)
    if not dsns:
        yield Finding(True, "Nothing was started in this folder yet.", required=False)
        return
    if not is_up(ground):
        yield Finding(True, "The database is not running; “make demo” starts it.", required=False)
        return
    yield logins(dsns)
    yield from rights(str(dsns[Role.WEB]))
    yield from capture(str(dsns[Role.AUDIT]))
    url = ground.valkey_url or str(
        private_files.read_json(ground.var / "secrets.json").get("valkey_url", "")
    )
    if url and valkey.answers(url):
        yield Finding(True, "Valkey answers.")
    else:
        yield Finding(False, "The database runs but Valkey does not answer; start again.")


def logins(dsns: Mapping[str, object]) -> Finding:
    """Say whether each process can connect as its own, least-privileged role."""
    for role in LOGINS:
        address = dsns.get(role)
        if address is None:
            return Finding(False, f"{role} has no login; run “manage.py up”, which makes it.")
        try:
            with psycopg.connect(str(address), connect_timeout=3) as connection:
                row = connection.execute(WHO).fetchone()
        except psycopg.OperationalError:
            return Finding(False, f"{role} cannot connect; run “manage.py up”, which repairs it.")
        if row is None or row[0] or row[1]:
            return Finding(
                False,
                f"{role} is superuser, owner or passes row-level security; run “manage.py "
                "migrate” and take the extra rights from it.",
            )
    return Finding(True, f"All {len(LOGINS)} logins connect and none has more than its rights.")


def rights(dsn: str) -> Iterator[Finding]:
    """Say whether protected tables are protected and the extensions are there."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(UNPROTECTED).fetchone()
        present = {str(name) for (name,) in connection.execute("SELECT extname FROM pg_extension")}
    if row and row[0]:
        yield Finding(
            False, f"{row[0]} protected tables lack forced row-level security; run “manage.py "
            "migrate”."
        )  # fmt: skip
    else:
        yield Finding(True, "Every protected table forces row-level security.")
    missing = [name for name in EXTENSIONS if name not in present]
    if missing:
        yield Finding(
            False,
            f"As a superuser, run in this database: CREATE EXTENSION {missing[0]};",
        )


def capture(dsn: str) -> Iterator[Finding]:
    """Say whether changes are still put on the record, and by whom without a name."""
    with psycopg.connect(dsn) as connection:
        if connection.execute("SELECT to_regclass('audit_entry')").fetchone() == (None,):
            return  # not migrated yet
        off = connection.execute(SWITCHED_OFF).fetchone()
        drops = connection.execute(
            "SELECT evtenabled = 'A' FROM pg_event_trigger WHERE evtname = 'audit_dropped'"
        ).fetchone()
        unnamed = connection.execute(UNATTRIBUTED).fetchone()
    if off:
        yield Finding(
            False,
            f"The trigger {off[1]} of {off[0]} is switched off; find out who did it, then run "
            "“manage.py migrate”.",
        )
    else:
        yield Finding(True, "Every trigger that puts changes on the record is on.")
    if not (drops and drops[0]):
        yield Finding(
            False,
            "Dropped tables go unrecorded: only a superuser can have them recorded, and this "
            "server's administrator is none.",
            required=False,
        )
    if unnamed and unnamed[0]:
        yield Finding(
            False,
            f"{unnamed[0]} entries of the audit log name a login and nobody who acted, the newest "
            f"is number {unnamed[1]} ({unnamed[2]}); report it as a fault of the platform.",
            required=False,
        )


def is_up(ground: Ground) -> bool:
    """Return whether the database of the last start answers, be it with a refusal."""
    dsns = private_files.read_json(ground.logins)
    try:
        psycopg.connect(str(dsns[Role.WEB]), connect_timeout=2).close()
    except KeyError:
        return False
    except psycopg.OperationalError as reason:
        # A refused password is an answer too; `logins` says what to do about it.
        return reason.sqlstate is not None or "authentication" in str(reason)
    return True

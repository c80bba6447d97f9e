"""
What must be true before a process may serve: least privilege and a protected database.

Each check raises with one sentence that says what to do. Source: consent reference, part 3.9.
"""

from cdp.kernel import database, key_check
from cdp.kernel.errors import CdpError
from cdp.kernel.protected import protected_models
from cdp.kernel.roles import NO_LOGIN
from consent import erasures, policies, purposes

DEFINER_FUNCTIONS = frozenset({
    "append_events", "audit_bits", "audit_changes", "audit_dropped", "audit_forget",
    "consent_apply", "consent_count", "consent_is_erased", "consent_stale", "consent_stamp",
    "consent_stamp_derived", "consent_stamp_fixed", "current_origins", "ensure_partition",
    "link_person",
})  # fmt: skip


class BootRefused(CdpError):
    """The process must not run like this; the message says what to do."""

    code = "boot_refused"


def check_all() -> None:
    """
    Run every check on the connection at hand.

    :raises BootRefused: one of them failed
    :raises CatalogueDiffers: the purposes in the database are not the code's
    :raises KeyringMismatch: the keyring is not the one the data were sealed with
    :raises ErasuresMissing: an older database was restored, with people who were erased since
    """
    check_protection()
    erasures.check()


def check_protection() -> None:
    """
    Run the checks that hold before erasures are put in force again, too.

    :raises BootRefused: one of them failed
    :raises CatalogueDiffers: the purposes in the database are not the code's
    :raises KeyringMismatch: the keyring is not the one the data were sealed with
    """
    check_role()
    check_tables()
    check_views()
    check_definer_functions()
    purposes.check_catalogue()
    key_check.check()


def check_role() -> None:
    """
    Refuse a login that row-level security does not bind.

    :raises BootRefused: superuser, BYPASSRLS, or a member of the owner
    """
    with database.cursor() as sql:
        sql.execute(
            """SELECT r.rolsuper, r.rolbypassrls,
                      pg_has_role(r.oid, 'cdp_owner', 'MEMBER'),
                      pg_has_role(r.oid, 'cdp_fold', 'MEMBER')
               FROM pg_roles r WHERE r.rolname = current_user"""
        )
        row = sql.fetchone()
    if row is None:
        raise BootRefused("The database role is unknown. Run: make demo, or manage.py doctor.")
    names = ("a superuser", "BYPASSRLS", "a member of cdp_owner", "a member of cdp_fold")
    held = [name for name, true in zip(names, row, strict=True) if true]
    if held:
        raise BootRefused(
            f"This process is connected as {held[0]}, so the database would hide nobody. "
            "Give it the login of its own role (var/dsn.json)."
        )


def check_tables() -> None:
    """
    Refuse a database in which a table about people is not protected.

    :raises BootRefused: the first such table by name
    """
    with database.cursor() as sql:
        sql.execute(
            """SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,
                      EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid
                               AND pg_get_expr(p.polqual, c.oid) LIKE '%%purpose_mask%%'),
                      EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid
                               AND t.tgname = 'stamp')
               FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'subject_id'
               WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
               ORDER BY c.relname"""
        )
        found = {name: facts for name, *facts in sql.fetchall()}
        sql.execute(
            """SELECT c.relname FROM pg_class c WHERE c.relispartition AND c.relkind = 'r'
               AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY 1 LIMIT 1"""
        )
        bare_partition = sql.fetchone()
    protected = {model._meta.db_table: model.protection for model in protected_models()}
    for table, (forced, by_purpose, stamped) in found.items():
        if not forced:
            raise BootRefused(f"{table} has no forced row-level security. Run: manage.py migrate")
        if table not in protected and table not in policies.OWN_TABLES:
            raise BootRefused(f"{table} names a subject but nothing declares how it is protected.")
        if table in protected and not by_purpose:
            raise BootRefused(f"{table} has no purpose policy. Run: manage.py migrate")
        if table in protected and protected[table].stamped_by == "trigger" and not stamped:
            raise BootRefused(f"{table} does not stamp its rows. Run: manage.py migrate")
    if missing := sorted(protected.keys() - found.keys()):
        raise BootRefused(f"The table {missing[0]} is missing. Run: manage.py migrate")
    if bare_partition is not None:
        raise BootRefused(f"The partition {bare_partition[0]} is open. Run: manage.py migrate")


def check_views() -> None:
    """
    Refuse a view that would show people with its owner's rights, or keep a copy of them.

    :raises BootRefused: the first such view
    """
    with database.cursor() as sql:
        sql.execute(
            """SELECT v.relname FROM pg_rewrite r JOIN pg_class v ON v.oid = r.ev_class
               JOIN pg_depend d ON d.objid = r.oid AND d.classid = 'pg_rewrite'::regclass
               JOIN consent_protected_table t ON to_regclass('public.' || t.name) = d.refobjid
               WHERE v.relkind = 'm' OR v.relkind = 'v' AND NOT EXISTS (
                 SELECT 1 FROM pg_options_to_table(v.reloptions)
                  WHERE option_name = 'security_invoker' AND option_value::boolean)
               ORDER BY 1 LIMIT 1"""
        )
        found = sql.fetchone()
    if found is not None:
        raise BootRefused(
            f"The view {found[0]} shows people with its owner's rights. Drop it, or make it plain "
            "and set security_invoker."
        )


def check_definer_functions() -> None:
    """
    Refuse functions that run with somebody else's rights and are not on the written list.

    :raises BootRefused: the first such function; or one on the list that could be led astray
    """
    with database.cursor() as sql:
        sql.execute(
            """SELECT p.proname, pg_get_userbyid(p.proowner) = ANY(%s),
                      coalesce(p.proconfig::text LIKE '%%search_path=pg_catalog%%', false)
               FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
               WHERE n.nspname = 'public' AND p.prosecdef
                 AND NOT EXISTS (SELECT 1 FROM pg_depend d
                                  WHERE d.objid = p.oid AND d.deptype = 'e')
               ORDER BY 1""",
            [list(NO_LOGIN)],
        )
        found = sql.fetchall()
    for name, is_ours, is_pinned in found:
        if name not in DEFINER_FUNCTIONS:
            raise BootRefused(f"The function {name} runs as its owner and is not on the list.")
        if not is_ours or not is_pinned:
            raise BootRefused(f"The function {name} was replaced. Run: manage.py migrate")

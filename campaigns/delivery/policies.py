"""
Row policies of deliveries beyond the common one. Pure.

A worker sees deliveries under the campaign's purpose. Two more need to be reached: the row whose
call is under way when the person withdraws, by the worker that holds its lease; and every row, by
the sweeper, which reads and writes state alone. Links in messages need three things as well: the
worker that stores their tokens reads back the workspace, which the database fills in; what they
report goes into the intake journal; and they find out who stands for their subject now.
"""

from cdp.kernel.roles import Role

TABLE = "campaigns_delivery"
TOKENS = "consent_token"
_HERE = "workspace_id = (SELECT current_workspace())"
_HELD = (
    f"{_HERE} AND lease_owner <> '' "
    "AND lease_owner = (SELECT current_setting('cdp.lease_owner', true))"
)

# A link outlives a merge: it must reach the person whom its subject belongs to now. Tells ids only.
_PERSON = """
CREATE OR REPLACE FUNCTION link_person(p_subject uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT o.subject_id FROM kernel_origin o
   WHERE o.origin = p_subject AND o.workspace_id = current_workspace()
$$"""


def statements() -> list[str]:
    """Return the policies and grants as SQL; safe to repeat."""
    return [
        f'SET ROLE "{Role.OWNER}"',
        *_policy(TABLE, "held_read", f"FOR SELECT TO {Role.WORKER} USING ({_HELD})"),
        *_policy(
            TABLE,
            "held_write",
            f"FOR UPDATE TO {Role.WORKER} USING ({_HELD} AND state IN ('calling', 'unknown')) "
            f"WITH CHECK ({_HELD})",
        ),
        *_policy(TABLE, "sweep_read", f"FOR SELECT TO {Role.SWEEP} USING (true)"),
        *_policy(
            TABLE, "sweep_write", f"FOR UPDATE TO {Role.SWEEP} USING (true) WITH CHECK (true)"
        ),
        f"GRANT SELECT ON {TABLE} TO {Role.SWEEP}",
        *_policy(TOKENS, "issued_here", f"FOR SELECT TO {Role.WORKER} USING ({_HERE})"),
        f"GRANT SELECT (workspace_id) ON {TOKENS} TO {Role.WORKER}",
        f"GRANT INSERT ON profiles_journal TO {Role.WORKER}, {Role.PORTAL}",
        f'SET ROLE "{Role.FOLD}"',
        _PERSON,
        "REVOKE ALL ON FUNCTION link_person(uuid) FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION link_person(uuid) TO {Role.PORTAL}, {Role.RIGHTS}",
        "RESET ROLE",
    ]


def _policy(table: str, name: str, rule: str) -> list[str]:
    return [f"DROP POLICY IF EXISTS {name} ON {table}", f"CREATE POLICY {name} ON {table} {rule}"]

"""
The least-privileged database roles, one per kind of process, and who runs as which.

Source: consent reference, part 3.2. The launcher creates the roles; `consent.policies` grants.
Pure.
"""

from enum import StrEnum


class Role(StrEnum):
    """A database role. The value is the role's name in PostgreSQL."""

    OWNER = "cdp_owner"  # owns the tables; no login; row-level security binds it too
    FOLD = "cdp_fold"  # owns the listed definer functions; no login
    MIGRATE = "cdp_migrate"  # migrations only; may become owner and fold
    WEB = "cdp_web"  # operators' console
    API = "cdp_api"  # management API
    INGEST = "cdp_ingest"  # tracking door and the drain of the intake journal
    WORKER = "cdp_worker"  # segments, scores, campaigns
    PORTAL = "cdp_portal"  # customers' own pages
    RIGHTS = "cdp_rights"  # subject requests
    SWEEP = "cdp_sweep"  # delivery sweeper
    AUDIT = "cdp_audit"  # the sequencer
    REWRAP = "cdp_rewrap"  # key-encryption keys: rotation, wrapping data keys anew
    READ = "cdp_read"  # dashboards of the database itself; sees no person
    TEST = "cdp_test"  # tests only: may SET ROLE to any of the above


NO_LOGIN = (Role.OWNER, Role.FOLD)
LOGINS = tuple(role for role in Role if role not in NO_LOGIN and role is not Role.TEST)
APPLICATION = (
    Role.WEB, Role.API, Role.INGEST, Role.WORKER, Role.PORTAL, Role.RIGHTS, Role.SWEEP, Role.AUDIT,
    Role.REWRAP,
)  # fmt: skip
READERS_BY_PURPOSE = (Role.WORKER, Role.WEB, Role.API)

# What a process of each kind connects as: Django's "default" alias first, then one alias a door.
PROCESSES: dict[str, dict[str, Role]] = {
    "web": {
        "default": Role.WEB,
        "ingest": Role.INGEST,
        "api": Role.API,
        "portal": Role.PORTAL,
    },
    "work": {"default": Role.WORKER},
    "ingest": {"default": Role.INGEST},
    "beat": {"default": Role.WORKER},
    "sequencer": {"default": Role.AUDIT, "sweep": Role.SWEEP, "rewrap": Role.REWRAP},
    "rights": {"default": Role.RIGHTS},
    "keys": {"default": Role.REWRAP},
    "migrate": {"default": Role.MIGRATE},
}

# `manage.py <command>` run by hand: the kind of process it is.
COMMAND_PROCESS: dict[str, str] = {
    "migrate": "migrate",
    "makemigrations": "migrate",
    "seed": "web",
    "invite": "web",
    "sequencer": "sequencer",
    "verify_audit": "sequencer",
    "audit": "sequencer",
    "keys": "keys",
    "drain": "ingest",
    "erase": "rights",
    "events": "work",
    "createsuperuser": "web",
}
DEFAULT_PROCESS = "web"

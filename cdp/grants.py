"""
Who may touch which table that holds nothing about people: one list to read. Pure.

Tables about people are granted from their own declaration (`consent.policies`), the log's tables by
`audit.install`. What is not listed here is closed.
"""

from cdp.kernel.roles import Role

R, W = ("SELECT",), ("SELECT", "INSERT", "UPDATE")
ALL = ("SELECT", "INSERT", "UPDATE", "DELETE")
Grants = dict[str, dict[Role, tuple[str, ...]]]

TABLES: Grants = {
    # foundation
    "kernel_workspace": {Role.WEB: W},
    "kernel_key": {
        Role.WEB: R, Role.API: R, Role.PORTAL: R, Role.AUDIT: R, Role.REWRAP: W,
        Role.RIGHTS: R,
        Role.INGEST: ("SELECT", "UPDATE (wraps)"), Role.WORKER: ("SELECT", "UPDATE (wraps)"),
    },
    "kernel_jobrun": {
        Role.WEB: W, Role.API: W, Role.WORKER: W, Role.INGEST: W, Role.PORTAL: W, Role.SWEEP: W,
        Role.AUDIT: ("SELECT", "UPDATE"),  # it carries out asked checks of the log
        Role.REWRAP: W,
    },
    # accounts
    "accounts_operator": {Role.WEB: W, Role.WORKER: R, Role.RIGHTS: R},
    "accounts_operatorrole": {Role.WEB: ALL, Role.WORKER: R, Role.RIGHTS: R},
    "accounts_notification": {
        Role.WEB: W, Role.WORKER: ("SELECT", "INSERT"), Role.RIGHTS: ("SELECT", "INSERT"),
    },
    "accounts_apikey": {Role.WEB: W, Role.API: W},
    "accounts_invitation": {Role.WEB: ALL},
    "accounts_keptreply": {Role.API: ALL, Role.WORKER: ("SELECT", "DELETE")},
    "accounts_signinrequest": {
        Role.PORTAL: ("SELECT", "INSERT"), Role.WORKER: ALL, Role.RIGHTS: ("SELECT", "DELETE"),
    },
    # approvals: asked, decided and acted on in the console; a worker checks and lets them run out
    "approvals_approval": {
        Role.WEB: W, Role.WORKER: ("SELECT", "UPDATE"), Role.REWRAP: ("SELECT", "UPDATE"),
        Role.RIGHTS: W,
    },
    "accounts_operatorsession": {Role.WEB: ALL},
    "mfa_authenticator": {Role.WEB: ALL},
    "django_session": {Role.WEB: ALL},
    "django_content_type": {Role.WEB: R, Role.API: R, Role.WORKER: R},
    "auth_permission": {Role.WEB: R},
    "auth_group": {Role.WEB: R},
    # audit
    "audit_alert": {Role.WEB: W, Role.WORKER: W},
    "audit_alerthit": {Role.WEB: R, Role.WORKER: ("SELECT", "INSERT")},
    # consent
    "consent_purpose": {Role.WEB: W},
    "consent_noticeversion": {
        Role.WEB: W, Role.API: R, Role.PORTAL: R, Role.INGEST: R, Role.WORKER: R,
        Role.RIGHTS: R,
    },
    "consent_assessment": {Role.WEB: W, Role.PORTAL: R, Role.WORKER: R},
    "consent_permissiontotal": {Role.WEB: R, Role.API: R, Role.WORKER: R, Role.INGEST: R},
    "consent_suppression": {
        Role.INGEST: W, Role.WORKER: W, Role.WEB: W, Role.PORTAL: ("SELECT", "INSERT"),
        Role.RIGHTS: W,
    },
    "consent_retentionrule": {Role.WEB: W, Role.PORTAL: R, Role.WORKER: R},
    # profiles
    "profiles_source": {
        Role.WEB: W, Role.API: R, Role.INGEST: R, Role.WORKER: R, Role.PORTAL: R,
    },
    "profiles_writekey": {Role.WEB: W, Role.INGEST: ("SELECT", "UPDATE (last_used_at)")},
    "profiles_journal": {
        # the platform's own events (a click, a sent message) go in sealed, by the same door
        Role.INGEST: ALL, Role.WEB: R, Role.WORKER: ("SELECT", "INSERT"),
        Role.PORTAL: ("INSERT",),
    },
    "profiles_quarantine": {Role.INGEST: ALL, Role.WEB: R, Role.WORKER: R},
    "profiles_eventkey": {
        Role.INGEST: ("SELECT", "INSERT", "DELETE"), Role.FOLD: ALL,
        Role.RIGHTS: ("SELECT", "DELETE"),
    },
    "profiles_segment": {Role.WEB: W, Role.API: W, Role.WORKER: W, Role.PORTAL: R},
    "profiles_modelversion": {Role.WEB: W, Role.API: R, Role.WORKER: W, Role.PORTAL: R},
    "profiles_export": {Role.WEB: W, Role.PORTAL: R, Role.WORKER: ("SELECT", "UPDATE"),
                        Role.RIGHTS: ("SELECT", "UPDATE")},
    # ciphertext; the web process hands it out and deletes it
    "profiles_exportchunk": {
        Role.WEB: ("SELECT", "DELETE"), Role.WORKER: ("SELECT", "INSERT", "DELETE"),
        Role.RIGHTS: ("SELECT", "DELETE"),
    },
    # campaigns
    "campaigns_template": {Role.WEB: W, Role.API: R, Role.WORKER: R},
    "campaigns_campaign": {
        Role.WEB: W, Role.API: W, Role.WORKER: W, Role.SWEEP: W, Role.PORTAL: R,
    },
}  # fmt: skip

# Configuration whose every change is on the record, an entry a row; the columns named change by
# themselves (a heartbeat, a count) and say nothing.
WATCHED: dict[str, tuple[str, ...]] = {
    "kernel_workspace": (),
    "kernel_key": ("wraps",),
    "accounts_operator": ("last_login", "last_seen_at"),
    "accounts_operatorrole": (),
    "accounts_invitation": (),
    "mfa_authenticator": ("last_used_at",),
    "accounts_apikey": ("last_used_at",),
    "approvals_approval": (),
    "audit_alert": ("seen",),
    "consent_purpose": (),
    "consent_noticeversion": (),
    "consent_assessment": (),
    "consent_retentionrule": (),
    "profiles_source": (),
    "profiles_writekey": ("last_used_at",),
    "profiles_segment": ("size", "counts", "refreshed_at", "due_at"),
    "profiles_modelversion": (),
    "campaigns_template": (),
    "campaigns_campaign": ("counts",),
}

# What those entries keep of a column: its value before and after, not only its name. Nothing that
# is a secret, reaches somebody or was written about somebody belongs here.
SHOWN: dict[str, tuple[str, ...]] = {
    "kernel_workspace": ("name",),
    "kernel_key": ("use", "key_id", "state"),
    "accounts_operator": ("is_active",),
    "accounts_operatorrole": ("operator_id", "workspace_id", "role"),
    "accounts_apikey": ("scopes", "purposes", "expires_at", "revoked_at"),
    "approvals_approval": ("kind", "obj", "state", "asked_by", "decided_by", "used_at"),
    "audit_alert": (
        "name", "acts", "obj", "actor_kind", "per_actor", "more_than", "within_minutes",
        "from_hour", "to_hour", "only_first", "told", "is_on",
    ),
    "consent_purpose": (
        "open", "basis", "categories", "requires", "gpc_scope", "age_gated",
        "assessment_required", "min_notice_version", "consent_months", "retention", "closed_at",
    ),
    "consent_noticeversion": (
        "notice", "number", "language", "states_age", "material", "purposes", "effective_from",
    ),
    "consent_assessment": ("kind", "purposes", "state", "approved_at", "review_due_at"),
    "consent_retentionrule": ("category", "purpose_key", "period", "anchor", "action"),
    "profiles_source": ("key", "name", "kind", "consent_authority", "paused_at"),
    "profiles_writekey": ("source_id", "revoked_at"),
    "profiles_segment": (
        "name", "rule", "rule_number", "purpose_key", "refresh_minutes", "archived_at",
    ),
    "profiles_modelversion": ("model", "number", "stage", "purposes"),
    "campaigns_template": ("name", "number", "channel"),
    "campaigns_campaign": (
        "name", "purpose_key", "channel", "segment_id", "template_id", "state", "occurrence",
    ),
}  # fmt: skip


def statements() -> list[str]:
    """Return the grants as SQL; safe to repeat."""
    out = [f'SET ROLE "{Role.OWNER}"']
    for table, roles in TABLES.items():
        for role, commands in roles.items():
            out.append(f"GRANT {', '.join(commands)} ON {table} TO {role}")
    every_login = ", ".join(
        role for role in Role if role not in (Role.OWNER, Role.TEST, Role.MIGRATE)
    )
    out.append(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {every_login}")
    out.append(f"GRANT SELECT ON django_migrations TO {every_login}")
    return out

"""
Who may do what: every role, every permission, every scope of an API key, in words. Pure.

Roles add up. What reaches people (`pii:reveal`), leaves the house (`exports:create`,
`campaigns:send`) or lets another's act happen (`*:approve`) is never implied by something else: a
role lists it or does not have it.
Source: console reference, part 3.1.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class Role(StrEnum):
    """What an operator is in a workspace; the values are what the database keeps."""

    VIEWER = "viewer"
    SUPPORT = "support"
    MARKETER = "marketer"
    ANALYST = "analyst"
    ENGINEER = "engineer"  # shown as developer
    PRIVACY = "privacy"  # shown as privacy officer
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"  # shown as owner
    APPROVER = "approver"  # an add-on: the second pair of eyes


_NUMBERS = frozenset({"insights:read", "segments:read", "campaigns:read"})

# The matrix.
PERMISSIONS: Mapping[str, frozenset[str]] = {
    Role.VIEWER: _NUMBERS,
    Role.SUPPORT: frozenset(
        {"profiles:read", "profiles:write", "events:read", "pii:reveal", "consent:write",
         "rights:write"}
    ),
    Role.MARKETER: _NUMBERS | {
        "profiles:read", "segments:write", "campaigns:write", "campaigns:send", "models:read",
        "exports:create",
    },
    Role.ANALYST: _NUMBERS | {
        "segments:write", "models:read", "models:write", "counts:exact", "exports:create",
    },
    Role.ENGINEER: frozenset(
        {"events:read", "identity:write", "sources:manage", "plans:write", "imports:create",
         "webhooks:manage", "jobs:read", "jobs:write"}
    ),
    Role.PRIVACY: _NUMBERS | {
        "profiles:read", "pii:reveal", "consent:read", "consent:write", "rights:read",
        "rights:write", "governance:read", "governance:write", "audit:read", "jobs:read",
    },
    Role.AUDITOR: _NUMBERS | {"consent:read", "governance:read", "audit:read", "jobs:read"},
    Role.ADMINISTRATOR: frozenset(
        {"team:manage", "keys:manage", "channels:manage", "workspace:manage", "audit:read",
         "jobs:read", "jobs:write"}
    ),
    Role.APPROVER: frozenset(
        {"campaigns:approve", "models:approve", "exports:approve", "rights:approve",
         "keys:approve"}
    ),
}  # fmt: skip

ROLES: Mapping[str, tuple[Text, Text]] = {  # name, what it is for
    Role.VIEWER: (_("Viewer"), _("Sees numbers about groups, nobody's record.")),
    Role.SUPPORT: (_("Support"), _("Helps customers one at a time.")),
    Role.MARKETER: (_("Marketer"), _("Chooses groups and sends campaigns.")),
    Role.ANALYST: (_("Analyst"), _("Counts, measures and trains models.")),
    Role.ENGINEER: (_("Developer"), _("Connects sources and runs jobs.")),
    Role.PRIVACY: (_("Privacy officer"), _("Answers for purposes, rights and the log.")),
    Role.AUDITOR: (_("Auditor"), _("Reads the log and the records, changes nothing.")),
    Role.ADMINISTRATOR: (_("Owner"), _("Runs team, keys and settings; sees no customer.")),
    Role.APPROVER: (_("Approver"), _("Decides on what others ask for; added to another role.")),
}

WORDS: Mapping[str, Text] = {
    "insights:read": _("See numbers about groups of people"),
    "segments:read": _("See segments and how large they are"),
    "segments:write": _("Make and change segments"),
    "campaigns:read": _("See campaigns and their results"),
    "campaigns:write": _("Plan and change campaigns"),
    "campaigns:send": _("Launch campaigns"),
    "campaigns:approve": _("Approve large sends"),
    "profiles:read": _("Open one customer's profile"),
    "profiles:write": _("Correct a customer's profile"),
    "events:read": _("See events and where they come from"),
    "pii:reveal": _("See a contact detail unmasked, for a stated reason"),
    "consent:read": _("Read consent records"),
    "consent:write": _("Note what a customer says about a purpose"),
    "rights:read": _("See customers' requests"),
    "rights:write": _("Take and answer customers' requests"),
    "rights:approve": _("Approve erasures and changes of purposes"),
    "models:read": _("See models and how good they are"),
    "models:write": _("Train models and let them score"),
    "models:approve": _("Approve that a model goes live"),
    "counts:exact": _("See exact counts of small groups"),
    "exports:create": _("Ask for an export"),
    "exports:approve": _("Approve exports of personal data"),
    "identity:write": _("Merge profiles and take merges back"),
    "sources:manage": _("Connect sources and make their write keys"),
    "plans:write": _("Say which events a source may send"),
    "imports:create": _("Import files"),
    "webhooks:manage": _("Set up webhooks"),
    "jobs:read": _("See what runs in the background"),
    "jobs:write": _("Start and stop background work"),
    "governance:read": _("Read processing records and assessments"),
    "governance:write": _("Write processing records and assessments"),
    "audit:read": _("Read the audit log"),
    "team:manage": _("Invite operators, grant and take roles"),
    "keys:manage": _("Issue API keys, rotate the vault's keys"),
    "keys:approve": _("Approve that a vault key is retired"),
    "channels:manage": _("Set up channels"),
    "workspace:manage": _("Change the workspace's settings"),
}

# What a key of the management API may be given. Names are those of the API's operations.
SCOPES: Mapping[str, Text] = {
    "profiles:read": _("Find and read one customer at a time"),
    "events:read": _("Read a customer's events"),
    "segments:read": _("Read segments and who is in them"),
    "segments:write": _("Make segments and refresh them"),
    "campaigns:read": _("Read campaigns and their results"),
    "consents:read": _("Read how a customer stands to each purpose"),
    "consents:write": _("Relay what a customer says about a purpose"),
    "purposes:read": _("Read the list of purposes"),
    "audit:read": _("Read the log's newest checkpoint"),
    "jobs:read": _("Follow background work"),
}


def held(roles: Iterable[str]) -> frozenset[str]:
    """Return the permissions that roles add up to."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))


def roles_with(permission: str) -> list[Role]:
    """Return the roles that hold a permission."""
    return [role for role in Role if permission in PERMISSIONS[role]]


def needs_second_owner(role: str) -> bool:
    """Say whether granting a role takes another owner's yes: it reveals, approves or owns."""
    return role == Role.ADMINISTRATOR or any(
        permission == "pii:reveal" or permission.endswith(":approve")
        for permission in PERMISSIONS[role]
    )

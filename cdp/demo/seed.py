"""
What the demo needs before its first event: a workspace, sign-ins, sources, keys, a notice.

Every row is labelled a sample. Run again, it finds what is there and makes nothing twice; sign-in
passwords and keys are kept in `var/demo.json` alone (mode 0600).
"""

import hashlib
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

from audit.actors import Actor
from cdp.accounts import api_keys, operators
from cdp.accounts.models import Operator
from cdp.accounts.permissions import ROLES, Role
from cdp.demo import notebook
from cdp.kernel import clock, database
from cdp.kernel.models import Workspace
from cdp.kernel.protected import Category
from consent.catalog import CATALOG
from consent.models import Assessment, NoticeVersion, RetentionRule
from profiles.sources.models import Source, WriteKey

WORKSPACE = "default"
# The first may do everything; then one sign-in per role. Two of them approve what others ask for.
PEOPLE: tuple[tuple[str, str, tuple[Role, ...]], ...] = (
    ("demo@candor.example", "Demo operator", tuple(Role)),
    ("alice@candor.example", "Alice, marketer", (Role.MARKETER,)),
    ("omar@candor.example", "Omar, privacy officer", (Role.PRIVACY, Role.APPROVER)),
    ("sam@candor.example", "Sam, customer care", (Role.SUPPORT,)),
    ("ada@candor.example", "Ada, owner", (Role.ADMINISTRATOR,)),
    ("dev@candor.example", "Dev, developer", (Role.ENGINEER,)),
    ("ana@candor.example", "Ana, analyst", (Role.ANALYST,)),
    ("vera@candor.example", "Vera, who looks and approves", (Role.VIEWER, Role.APPROVER)),
    ("uma@candor.example", "Uma, auditor", (Role.AUDITOR,)),
)
# key, name, kind, consent authority, generated
SOURCES = (
    ("till", "Tills of the shops", "shop", False, False),
    ("preferences", "Sign-up form (generated)", "site", True, True),
    ("candor", "Candor itself", "server", False, False),
)
SCOPES = (
    "profiles:read", "events:read", "segments:read", "segments:write", "campaigns:read",
    "consents:read", "consents:write", "purposes:read", "audit:read", "jobs:read",
)  # fmt: skip
API_PURPOSES = ("service", "analytics.aggregate", "profiling.segmentation", "profiling.scoring")
NOTICE = {
    "en": (
        "How Demo Shop uses your data",
        "We keep your name, address and orders to deliver what you buy. Everything else happens "
        "only if you allow it, purpose by purpose, and stops the moment you say so. By allowing a "
        "purpose you confirm that you are 16 or older. On your own page you see who used your "
        "data, when and why. This is sample text for a demonstration.",
    ),
    "zh-hans": (
        "示例商店如何使用您的数据",
        "我们保存您的姓名、地址和订单，以便交付您购买的商品。其他用途均须经您逐项同意，并在您提出时立即停止。"
        "同意某项用途即表示您确认已年满16周岁。您可以在自己的页面上查看谁在何时、因何使用了您的数据。"
        "本文为演示用示例文本。",
    ),
}
RETENTION = (
    (Category.PURCHASE, "P3Y", "order_closed", "erase", ""),
    (Category.BROWSING, "P13M", "collected", "erase", ""),
    (Category.DEVICE, "P13M", "collected", "erase", ""),
    (Category.MESSAGE, "P13M", "collected", "erase", ""),
    (Category.LOCATION, "P90D", "collected", "erase", ""),
    (Category.INFERRED, "P6M", "last_activity", "erase", ""),
)


def seed(var: Path) -> None:
    """Make what is missing; keys and passwords go to `var/demo.json`."""
    with database.by(Actor.system("seed")):
        _seed(var)


def _seed(var: Path) -> None:
    workspace, _ = Workspace.objects.get_or_create(
        key=WORKSPACE,
        defaults={
            "name": "Demo Shop",
            "settings": {"currency": "USD", "time_zone": "America/New_York", "sample": True},
        },
    )
    notes: dict[str, Any] = notebook.existing(var)
    with database.in_workspace(workspace.pk):
        _trust_documents()
        notes["operators"] = _operators(workspace, notes.get("operators", []))
        notes |= _sources(workspace, notes)
        if not notes.get("api_key"):
            notes["api_key"] = api_keys.issue(
                workspace=workspace.pk,
                name="Demo script",
                scopes=SCOPES,
                purposes=API_PURPOSES,
                expires_at=clock.now() + timedelta(days=365),
            ).token
    notebook.write(var, notes)


def _trust_documents() -> None:
    """Publish the notice in both languages; approve the sample assessment; set retention."""
    keys = sorted(spec.key for spec in CATALOG if spec.open)
    for language, (title, body) in NOTICE.items():
        NoticeVersion.objects.get_or_create(
            notice="privacy",
            number=1,
            language=language,
            defaults={
                "title": title,
                "body": body,
                "sha256": hashlib.sha256(f"{title}\n{body}".encode()).digest(),
                "states_age": True,
                "purposes": keys,
                "effective_from": clock.now() - timedelta(days=600),
            },
        )
    needing = sorted(spec.key for spec in CATALOG if spec.assessment_required and spec.open)
    Assessment.objects.get_or_create(
        title="Sample assessment of profiling (demo)",
        defaults={
            "purposes": needing,
            "state": "approved",
            "sample": True,
            "approved_at": clock.now(),
            "review_due_at": clock.now() + timedelta(days=365),
        },
    )
    for category, period, anchor, action, law in RETENTION:
        RetentionRule.objects.get_or_create(
            category=int(category),
            purpose_key="",
            defaults={"period": period, "anchor": anchor, "action": action, "law_ref": law},
        )


def _operators(workspace: Workspace, known: list[dict[str, str]]) -> list[dict[str, str]]:
    passwords = {each["email"]: each["password"] for each in known}
    found = []
    for email, name, roles in PEOPLE:
        operator = Operator.objects.filter(email=email).first()
        if operator is None or email not in passwords:
            passwords[email] = secrets.token_urlsafe(12)
        if operator is None:
            operator = operators.create_operator(email=email, name=name, password=passwords[email])
        elif not operator.check_password(passwords[email]):
            operators.set_password(operator, passwords[email])
            operator.save(update_fields=["password"])
        for role in roles:
            operators.grant_role(operator, workspace=workspace.pk, role=role)
        words = ", ".join(str(ROLES[role][0]).lower() for role in roles)
        word = "all roles" if len(roles) == len(Role) else words
        found.append({"email": email, "password": passwords[email], "role": word})
    return found


def _sources(workspace: Workspace, notes: dict[str, Any]) -> dict[str, str]:
    names = {"till": "write_key", "preferences": "consent_write_key"}
    keys: dict[str, str] = {}
    for key, name, kind, authority, generated in SOURCES:
        source, _ = Source.objects.get_or_create(
            key=key,
            defaults={
                "name": name,
                "kind": kind,
                "consent_authority": authority,
                "generated": generated,
            },
        )
        if key in names:
            token = notes.get(names[key]) or f"wk_{secrets.token_urlsafe(24)}"
            WriteKey.objects.get_or_create(
                key=token, defaults={"source": source, "workspace_id": workspace.pk}
            )
            keys[names[key]] = token
    return keys

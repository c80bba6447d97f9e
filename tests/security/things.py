"""One of everything that has an address of its own, in one workspace."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from audit import sequencer
from audit.actors import Actor
from audit.inbox import record
from audit.models import Alert, Entry
from campaigns.models import Campaign, Template
from cdp.accounts import api_keys, operators
from cdp.accounts.models import Notification
from cdp.accounts.permissions import Role
from cdp.approvals.models import Approval
from cdp.kernel import clock, database
from cdp.kernel.models import JobRun, Workspace
from cdp.kernel.roles import Role as Login
from profiles.models import Export, Segment, Source
from profiles.sources import write_keys
from tests.people import EVERYTHING, open_shop

RULE = {"version": 1, "where": {"trait": "orders", "op": "ge", "value": 1}}
# The kind of job run that an address shows, where it shows one kind alone.
RUN_KINDS = {
    "/console/segments/count/<uuid:run_id>/": "count_rule",
    "/console/campaigns/<uuid:campaign_id>/reach/<uuid:run_id>/": "count-reach",
    "/console/campaigns/<uuid:campaign_id>/preview/<uuid:run_id>/": "preview-message",
    "/console/audit/check/<uuid:run_id>/": "audit.verify",
}
# Parameters that name no object of a workspace.
NO_OBJECT = {
    "tab",
    "act",
    "model",
    "role",
    "name",
    "purpose",
    "place",
    "pk",
    "use",
    "key_id",
    "ending",
}
Things = Mapping[str, Any]


def make_things(workspace: Workspace, *, for_operator: Any) -> Things:
    """Make one of everything in a workspace; return ids by the name of the parameter."""
    with database.in_workspace(workspace.pk):
        subject = open_shop(workspace).welcome("mei", says=EVERYTHING).subject
        with database.door("web"):
            found = _made(workspace, for_operator)
        return {**found, "subject": subject, "index": _entry()}


def _made(workspace: Workspace, for_operator: Any) -> dict[str, Any]:
    actor = Actor.operator(for_operator.pk)
    segment = Segment.objects.create(name="Buyers", rule=RULE, created_by=str(actor))
    text = {"en": "Hello"}
    template = Template.objects.create(name="Hello", number=1, subject=text, body=text, fields=[])
    campaign = Campaign.objects.create(
        name="Sale", purpose_key="marketing.email", channel="email", segment_id=segment.pk,
        template_id=template.pk, created_by=str(actor),
    )  # fmt: skip
    key = api_keys.issue(
        workspace=workspace.pk, name="sync", scopes=["jobs:read"], purposes=[],
        expires_at=clock.now() + timedelta(days=90),
    ).key  # fmt: skip
    colleague = operators.create_operator(
        email=f"li@{workspace.key}.example", name="Li", password=None
    )
    operators.grant_role(colleague, workspace=workspace.pk, role=Role.VIEWER)
    export = Export.objects.create(
        segment_id=segment.pk, segment_name=segment.name, fields=["trait.orders"],
        purpose_key="profiling.segmentation", recipient="print shop", reason="why",
        created_by=str(actor), state="counted",
    )  # fmt: skip
    approval = Approval.objects.create(
        kind="export", obj=f"export:{export.pk}", title="Export", digest=b"\x00" * 32,
        asked_by=str(actor),
        reason="why", expires_at=clock.now() + timedelta(hours=72),
    )  # fmt: skip
    alert = Alert.objects.create(name="Many reveals", acts=["vault.open"])
    notification = Notification.objects.create(operator_id=for_operator.pk, kind="job.failed")
    source = Source.objects.get(key="till")
    runs = {
        pattern: JobRun.objects.create(
            kind=kind, actor=str(actor), params={"campaign": str(campaign.pk)}
        )
        for pattern, kind in {**RUN_KINDS, "": "export_events"}.items()
    }
    return {
        "segment_id": segment.pk,
        "campaign_id": campaign.pk,
        "source": source.pk,
        "write_key": write_keys.make(source.pk, actor=actor).pk,
        "api_key": key.pk,
        "operator": colleague.pk,
        "approval_id": approval.pk,
        "export_id": export.pk,
        "alert_id": alert.pk,
        "notification_id": notification.pk,
        "runs": {pattern: run.pk for pattern, run in runs.items()},
    }


def _entry() -> int:
    """Return the number of an entry of the current workspace."""
    with database.door("web"):
        record("sys:test", "job.cancel", obj="job:1")
    with database.as_role(Login.AUDIT):
        sequencer.sequence()
    with database.door("web"):
        index: int = Entry.objects.filter(act="job.cancel").latest("idx").idx
    return index


def fill(pattern: str, names: tuple[str, ...], things: Things) -> dict[str, Any]:
    """Return what fills an address with these things; parameters without an object are left out."""
    found = {}
    for name in names:
        if name == "run_id":
            found[name] = things["runs"].get(pattern) or things["runs"][""]
        elif name == "key":
            found[name] = things[
                "write_key" if pattern.startswith("/console/sources") else "api_key"
            ]
        elif name not in NO_OBJECT:
            found[name] = things[name]
    return found

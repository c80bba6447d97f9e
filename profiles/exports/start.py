"""Asking for an approval of an export, and starting it: at most five a day and operator."""

from datetime import timedelta
from uuid import UUID

from audit.acting import acting
from audit.actors import Actor
from audit.inbox import record
from cdp.approvals import ask, require
from cdp.approvals.kinds import Kind
from cdp.approvals.models import Approval
from cdp.kernel import clock, jobs
from cdp.kernel.errors import CdpError
from profiles.exports import plan
from profiles.exports.models import Export

WRITE = "write_export"
A_DAY = 5  # Source: hardening reference, part 4.3
DAY = timedelta(days=1)
State = Export.State


class NotYourExport(CdpError):
    """Another operator planned this export."""

    code = "not_your_export"


class NotFromThere(CdpError):
    """The export is not at the point where this can be done."""

    code = "export_not_there"


class TooManyExports(CdpError):
    """The operator has started as many exports as a day has."""

    code = "too_many_exports"


def ask_approval(export_id: UUID, *, actor: Actor) -> Approval:
    """
    Ask another operator to approve an export, for as many people as were counted.

    :raises NoSuchExport: there is none
    :raises NotYourExport: another operator planned it
    :raises NotFromThere: it is not counted yet, or was started
    :raises NobodyToAsk: no other operator may decide
    :raises AskedMeanwhile: somebody else asked at the same moment
    """
    export = plan.find(export_id)
    _refuse_others(export, actor)
    _refuse_unless_counted(export)
    return ask.ask(
        Kind.EXPORT,
        obj=plan.obj(export),
        title=f"{export.segment_name} → {export.recipient}",
        snapshot=plan.snapshot(export),
        people=export.people,
        reason=export.reason,
        actor=actor,
    )


def start(export_id: UUID, *, actor: Actor) -> Export:
    """
    Start a counted export; where it takes two people, use up their approval.

    The caller wakes a worker.

    :raises NoSuchExport: there is none
    :raises NotYourExport: another operator planned it
    :raises NotFromThere: it is not counted yet, or was started
    :raises TooManyExports: five were started within a day
    :raises ApprovalNeeded: it takes a second operator's approval
    """
    with acting(actor):
        # all of theirs, so that two presses at once do not both count the fifth
        own = list(Export.objects.select_for_update().filter(created_by=str(actor)).order_by("pk"))
        export = next((each for each in own if each.pk == export_id), None) or plan.find(export_id)
        _refuse_others(export, actor)
        _refuse_unless_counted(export)
        since = clock.now() - DAY
        if sum(each.started_at is not None and each.started_at > since for each in own) >= A_DAY:
            raise TooManyExports("You have started five exports today. Go on tomorrow.")
        if plan.takes_two(export):
            require.require(
                Kind.EXPORT,
                obj=plan.obj(export),
                snapshot=plan.snapshot(export),
                people=export.people,
                actor=actor,
            )
        run = jobs.start(
            WRITE,
            actor=actor,
            params={"export": str(export.pk)},
            purpose=export.purpose_key,
            total=export.people,
        )
        export.state, export.job_id, export.started_at = State.WRITING, run.pk, clock.now()
        export.save(update_fields=["state", "job_id", "started_at"])
        record(actor, "export.start", obj=plan.obj(export), detail={"people": export.people})
    return export


def _refuse_others(export: Export, actor: Actor) -> None:
    if export.created_by != str(actor):
        raise NotYourExport("Another operator planned this export. Plan one of your own.")


def _refuse_unless_counted(export: Export) -> None:
    if export.state != State.COUNTED:
        raise NotFromThere("This export is not waiting to be started. Reload the page.")

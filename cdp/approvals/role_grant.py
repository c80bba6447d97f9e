"""
Granting a role: one owner is enough where it is light; two where it reveals, approves or owns.

The only owner of a workspace makes a second one alone, since there is nobody to ask; the record
says so.
"""

from uuid import UUID

from audit.acting import acting
from audit.actors import Actor
from audit.inbox import Detail, record
from cdp.accounts import permissions, team
from cdp.accounts.permissions import Role
from cdp.approvals import ask as asking
from cdp.approvals import find, require
from cdp.approvals.kinds import Facts, Kind
from cdp.approvals.models import Approval

KIND = Kind.ROLE_GRANT


def takes_two(role: Role, *, workspace: UUID, by: UUID) -> bool:
    """Say whether `by` needs another owner's yes to grant a role in a workspace."""
    if role == Role.ADMINISTRATOR and team.owners(workspace) == [by]:
        return False
    return permissions.needs_second_owner(role)


def grant(operator: UUID, *, role: Role, workspace: UUID, by: UUID) -> bool:
    """
    Give a member a role, on the record, and return whether it is new.

    :raises NotInTeam: they are not in this workspace
    :raises OwnAccess: `by` is they themselves
    :raises ApprovalNeeded: it takes two owners, and another one has not agreed
    """
    actor = Actor.operator(by)
    with acting(actor):
        team.refuse_own(operator, by)
        if role in team.member(operator, workspace=workspace).roles:
            return False
        detail: Detail = {"role": role}
        if takes_two(role, workspace=workspace, by=by):
            require.require(
                KIND, obj=obj(operator, role), snapshot=snapshot(operator, role), actor=actor
            )
        elif permissions.needs_second_owner(role):
            detail = {**detail, "only_owner": 1}
        team.grant(operator, role=role, workspace=workspace, by=by)
        record(actor, "operator.role_granted", obj=f"operator:{operator}", detail=detail)
    return True


def ask(operator: UUID, *, role: Role, workspace: UUID, by: UUID, reason: str) -> Approval:
    """
    Ask the other owners to agree; whoever the role is for does not decide on it.

    :raises NotInTeam: they are not in this workspace
    :raises OwnAccess: `by` is they themselves
    :raises NobodyToAsk: there is no other owner
    :raises AskedMeanwhile: somebody else asked at the same moment
    """
    team.refuse_own(operator, by)
    found = team.member(operator, workspace=workspace).operator
    return asking.ask(
        KIND,
        obj=obj(operator, role),
        title=f"{found.name}: {role}",
        snapshot=snapshot(operator, role),
        reason=reason,
        actor=Actor.operator(by),
        barred=[Actor.operator(operator)],
    )


def open_one(operator: UUID, role: Role) -> Approval | None:
    """Return what is asked or approved for a role of an operator."""
    return find.open_one(KIND, obj=obj(operator, role))


def obj(operator: UUID, role: Role) -> str:
    """Return how an approval names a role of an operator."""
    return f"role:{operator}/{role}"


def snapshot(operator: UUID, role: Role) -> Facts:
    """Return what is approved: who gets which role."""
    return {"operator": str(operator), "role": str(role)}

"""
The team of a workspace: who is in it, and what its owners may do about it.

Nobody changes their own roles, and an owner stays: a workspace without one could not be helped from
inside. A role that reveals, approves or owns takes the yes of another owner.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import QuerySet

from cdp.accounts import invitations, operator_sessions, operators, two_step
from cdp.accounts.models import Invitation, Operator, OperatorRole
from cdp.accounts.permissions import Role, needs_second_owner, roles_with
from cdp.kernel import clock, database
from cdp.kernel.errors import CdpError

SEEN_EVERY = timedelta(minutes=5)  # how exact `last_seen_at` is


class NotInTeam(CdpError):
    """The team has no such operator."""

    code = "not_in_team"


class OwnAccess(CdpError):
    """Operators do not change their own access."""

    code = "own_access"


class TakesTwoOwners(CdpError):
    """One owner gives no new way in to somebody whose role takes two owners to grant."""

    code = "takes_two_owners"


class LastOwner(CdpError):
    """Nobody else owns the workspace."""

    code = "last_owner"


@dataclass(frozen=True, slots=True)
class Member:
    """An operator of a team; `invited_until` while they have not used their link."""

    operator: Operator
    roles: tuple[Role, ...]
    invited_until: datetime | None


def members(workspace: UUID) -> list[Member]:
    """Return the team of a workspace, by name."""
    held: dict[UUID, list[Role]] = {}
    rows = OperatorRole.objects.filter(workspace_id=workspace)
    for operator, role in rows.values_list("operator_id", "role"):
        held.setdefault(operator, []).append(Role(role))
    invited = {
        each.operator_id: None if each.used_at else each.expires_at
        for each in Invitation.objects.filter(workspace_id=workspace)
    }
    found = Operator.objects.filter(pk__in=held.keys() | invited.keys())
    return [
        Member(operator, _in_order(held.get(operator.pk, ())), invited.get(operator.pk))
        for operator in sorted(found, key=lambda each: (each.name.casefold(), each.pk))
    ]


def member(operator: UUID, *, workspace: UUID) -> Member:
    """
    Return one operator of a team.

    :raises NotInTeam: there is none of this id
    """
    for each in members(workspace):
        if each.operator.pk == operator:
            return each
    raise NotInTeam("Choose somebody of this team.")


def grant(operator: UUID, *, role: Role, workspace: UUID, by: UUID) -> bool:
    """
    Give a member a role and return whether it is new.

    :raises NotInTeam: they are not in this workspace
    :raises OwnAccess: `by` is they themselves
    """
    found = member(operator, workspace=workspace)
    refuse_own(operator, by)
    operators.grant_role(found.operator, workspace=workspace, role=role)
    return role not in found.roles


def take(operator: UUID, *, role: Role, workspace: UUID, by: UUID) -> bool:
    """
    Take a role from a member and return whether they had it; it counts from their next request.

    Without any role they see nothing and are still in the team.

    :raises NotInTeam: they are not in this workspace
    :raises OwnAccess: `by` is they themselves
    :raises LastOwner: it would leave the workspace without an owner
    """
    with database.atomic():
        found = member(operator, workspace=workspace)
        refuse_own(operator, by)
        if role == Role.ADMINISTRATOR:
            _refuse_last(operator, workspace)
        invitations.keep_place(operator, workspace=workspace)
        operators.take_role(found.operator, workspace=workspace, role=role)
    return role in found.roles


def end_access(operator: UUID, *, workspace: UUID, by: UUID) -> None:
    """
    Put an operator out of a team; their next request finds no role.

    Who is in no other team cannot sign in any more, and sessions and password are void.

    :raises NotInTeam: they are not in this workspace
    :raises OwnAccess: `by` is they themselves
    :raises LastOwner: it would leave the workspace without an owner
    """
    with database.atomic():
        found = member(operator, workspace=workspace).operator
        refuse_own(operator, by)
        _refuse_last(operator, workspace)
        OperatorRole.objects.filter(operator=found, workspace_id=workspace).delete()
        Invitation.objects.filter(operator=found, workspace_id=workspace).delete()
        elsewhere = [
            model.objects.filter(operator=found).exists() for model in (OperatorRole, Invitation)
        ]
        if not any(elsewhere):
            found.is_active = False
            found.set_unusable_password()  # and with it every session's proof of it
            found.save(update_fields=["is_active", "password"])
            operator_sessions.end_all(found.pk)


def renew_link(operator: UUID, *, workspace: UUID, by: UUID) -> str:
    """
    Return the token of a fresh link for a member, to choose a password again.

    :raises NotInTeam: they are not in this workspace
    :raises OwnAccess: `by` is they themselves
    :raises TakesTwoOwners: with it, `by` could act in a role that takes two owners
    :raises WorksElsewhere: they are in another team too
    """
    with database.atomic():
        found = member(operator, workspace=workspace)
        refuse_own(operator, by)
        if found.operator.has_usable_password():
            _refuse_weighty(found)
        return invitations.renew(found.operator, workspace=workspace)


def take_second_step_off(operator: UUID, *, workspace: UUID, by: UUID) -> int:
    """
    Remove a member's second steps, which they lost, and return how many went.

    :raises NotInTeam: they are not in this workspace
    :raises OwnAccess: `by` is they themselves
    :raises TakesTwoOwners: with a password too, `by` could act in a role that takes two owners
    :raises WorksElsewhere: they are in another team too
    """
    with database.atomic():
        found = member(operator, workspace=workspace)
        refuse_own(operator, by)
        _refuse_weighty(found)
        invitations.refuse_elsewhere(operator, workspace=workspace)
        return two_step.take_off(operator)


def owners(workspace: UUID) -> list[UUID]:
    """Return the owners of a workspace who can sign in."""
    rows = (
        _owning(workspace)
        .filter(operator__is_active=True)
        .exclude(operator__password__startswith=UNUSABLE_PASSWORD_PREFIX)
    )
    return list(rows.values_list("operator_id", flat=True))


def names_with(permission: str, *, workspace: UUID) -> list[str]:
    """Return the names of the team's members who hold a permission, in order."""
    rows = OperatorRole.objects.filter(
        workspace_id=workspace,
        operator__is_active=True,
        role__in=roles_with(permission),
    )
    return sorted(set(rows.values_list("operator__name", flat=True)), key=str.casefold)


def note_seen(operator: Operator) -> None:
    """Note that an operator is here; at most one write in five minutes."""
    now = clock.now()
    last = operator.last_seen_at
    if last is None or now - last >= SEEN_EVERY:
        Operator.objects.filter(pk=operator.pk).update(last_seen_at=now)


def refuse_own(operator: UUID, by: UUID) -> None:
    """
    Refuse what somebody would do about their own access.

    :raises OwnAccess: `by` is they themselves
    """
    if operator == by:
        raise OwnAccess("Ask another owner: nobody changes their own access.")


def _owning(workspace: UUID) -> QuerySet[OperatorRole]:
    return OperatorRole.objects.filter(workspace_id=workspace, role=Role.ADMINISTRATOR)


def _refuse_weighty(member: Member) -> None:
    if any(needs_second_owner(role) for role in member.roles):
        raise TakesTwoOwners(
            "They hold a role that takes two owners. Take it first; granting it again "
            "takes another owner's approval."
        )


def _refuse_last(operator: UUID, workspace: UUID) -> None:
    """Refuse to do without the only owner; the rows are held, so two at once cannot both pass."""
    holding = list(_owning(workspace).order_by("pk").select_for_update())
    able = set(owners(workspace))
    if operator in {row.operator_id for row in holding} and able <= {operator}:
        raise LastOwner("Make somebody else an owner first: a workspace is never without one.")


def _in_order(roles: Iterable[Role]) -> tuple[Role, ...]:
    held = set(roles)
    return tuple(role for role in Role if role in held)

"""
Letting somebody into a team: a single-use link to choose a password, handed over by an owner.

No mail is needed: the link is shown once, kept as a digest and ends after 24 hours. It gives a
password and nothing else; roles are granted apart, and a second step stays with the person.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from cdp.accounts import operator_sessions, operators
from cdp.accounts.models import Invitation, Operator, OperatorRole
from cdp.kernel import clock, crypto, database
from cdp.kernel.errors import CdpError

LASTS = timedelta(hours=24)


class InTeamAlready(CdpError):
    """Whoever is invited is in the team."""

    code = "in_team_already"


class InvitationOver(CdpError):
    """The link was used, replaced, or is older than a day."""

    code = "invitation_over"


class WorksElsewhere(CdpError):
    """An operator of several workspaces gets no new password from the owner of one."""

    code = "works_elsewhere"


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody who was let in; no token: their password is a matter of another workspace."""

    operator: Operator
    token: str | None


def invite(*, email: str, name: str, workspace: UUID) -> Invited:
    """
    Take somebody into a workspace's team, without any role yet.

    Who is in another team gets no link from here, not even before they chose a password: with it
    one owner could act in the roles that the other team gave them.

    :raises UnreadableAddress: `email` is not an address
    :raises InTeamAlready: the address is that of a member
    """
    address = operators.read_address(email)
    with database.atomic():
        operator = Operator.objects.filter(email__iexact=address).first()
        places = _places(operator.pk) if operator else set()
        if workspace in places:
            raise InTeamAlready("This operator is in the team. Grant them roles.")
        if operator is None:
            operator = operators.create_operator(email=address, name=name, password=None)
        elif not places:  # their access had ended: they begin again
            operator.is_active, operator.name = True, name
            operator.set_unusable_password()
            operator.save(update_fields=["is_active", "name", "password"])
        token = None if places else secrets.token_urlsafe(32)
        _keep(operator.pk, workspace=workspace, token=token)
    return Invited(operator, token)


def renew(operator: Operator, *, workspace: UUID) -> str:
    """
    Return a fresh link's token; the former one ends, the former password works until it is used.

    :raises WorksElsewhere: the operator is in another team too, so this is not one owner's to do
    """
    refuse_elsewhere(operator.pk, workspace=workspace)
    return replace(operator, workspace=workspace)


def replace(operator: Operator, *, workspace: UUID) -> str:
    """Return a fresh link's token for a member, whatever other teams they are in."""
    token = secrets.token_urlsafe(32)
    with database.atomic():
        Invitation.objects.filter(operator=operator, workspace_id=workspace).delete()
        _keep(operator.pk, workspace=workspace, token=token)
    return token


def find(token: str) -> Invitation | None:
    """Return the invitation that a link's token opens now, if any."""
    rows = Invitation.objects.select_related("operator", "workspace")
    return rows.filter(digest=crypto.token_digest(token), expires_at__gt=clock.now()).first()


def accept(token: str, *, password: str) -> Invitation:
    """
    Give the invited operator a password; the link is used up, and every session of theirs ends.

    :raises InvitationOver: the link was used, replaced, or is older than a day
    :raises WeakPassword: shorter than 12 characters, or well known
    """
    with database.atomic():
        now = clock.now()
        rows = Invitation.objects.select_for_update().select_related("operator", "workspace")
        found = rows.filter(digest=crypto.token_digest(token), expires_at__gt=now).first()
        if found is None:
            raise InvitationOver("This link was used or is over. Ask an owner for a new one.")
        operators.set_password(found.operator, password)
        found.operator.save(update_fields=["password"])
        operator_sessions.end_all(found.operator_id)
        found.used_at, found.digest = now, None
        found.save(update_fields=["used_at", "digest"])
    return found


def is_member(operator: UUID, *, workspace: UUID) -> bool:
    """Return whether an operator is in the team of a workspace."""
    return workspace in _places(operator)


def keep_place(operator: UUID, *, workspace: UUID) -> None:
    """Make sure that an operator stays in a team when they lose their last role."""
    if not Invitation.objects.filter(operator_id=operator, workspace_id=workspace).exists():
        _keep(operator, workspace=workspace, token=None)


def refuse_elsewhere(operator: UUID, *, workspace: UUID) -> None:
    """
    Refuse what one workspace's owner would do to an operator of several.

    :raises WorksElsewhere: so they are
    """
    if _places(operator) - {workspace}:
        raise WorksElsewhere("This operator works in another workspace too. Run: manage.py invite")


def _places(operator: UUID) -> set[UUID]:
    """Return the workspaces in whose teams an operator is."""
    invited = Invitation.objects.filter(operator_id=operator).values_list("workspace_id")
    return {row[0] for row in invited.union(
        OperatorRole.objects.filter(operator_id=operator).values_list("workspace_id")
    )}  # fmt: skip


def _keep(operator: UUID, *, workspace: UUID, token: str | None) -> None:
    now = clock.now()
    Invitation.objects.create(
        operator_id=operator,
        workspace_id=workspace,
        digest=crypto.token_digest(token) if token else None,
        expires_at=now + LASTS,
        used_at=None if token else now,
    )

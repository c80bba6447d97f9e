"""Operators: who may sign in to the console, and with which roles."""

from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from cdp.accounts.models import Operator, OperatorRole
from cdp.kernel import database
from cdp.kernel.errors import CdpError


class OperatorExists(CdpError):
    """The address belongs to an operator already."""

    code = "operator_exists"


class UnreadableAddress(CdpError):
    """The operator's e-mail address is not one."""

    code = "unreadable_address"


class WeakPassword(CdpError):
    """The password is too short or too common."""

    code = "weak_password"


def create_operator(*, email: str, name: str, password: str | None) -> Operator:
    """
    Create an operator without any role; without a password nobody signs in as them yet.

    :raises UnreadableAddress: `email` is not an address
    :raises OperatorExists: the address is taken, in whatever case it was written
    :raises WeakPassword: shorter than 12 characters, or well known
    """
    address = read_address(email)
    operator = Operator(email=address, name=name)
    if password is None:
        operator.set_unusable_password()
    else:
        set_password(operator, password)
    with database.atomic():
        if Operator.objects.filter(email__iexact=address).exists():
            raise OperatorExists("An operator with this address exists; grant roles to that one.")
        operator.save(force_insert=True)
    return operator


def read_address(email: str) -> str:
    """
    Return an operator's address in the one way it is written here.

    :raises UnreadableAddress: `email` is not an address
    """
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise UnreadableAddress("Write the operator's e-mail address in full.") from None
    return address


def set_password(operator: Operator, password: str) -> None:
    """
    Give the operator a password; the caller saves.

    :raises WeakPassword: shorter than 12 characters, or well known
    """
    try:
        validate_password(password, operator)
    except ValidationError:
        raise WeakPassword("Choose at least 12 characters that are not a known password.") from None
    operator.set_password(password)


def grant_role(operator: Operator, *, workspace: UUID, role: OperatorRole.Role) -> None:
    """Let an operator act in a role; granting it again changes nothing."""
    OperatorRole.objects.get_or_create(operator=operator, workspace_id=workspace, role=role)


def take_role(operator: Operator, *, workspace: UUID, role: OperatorRole.Role) -> None:
    """Take a role away; it counts from the operator's next request on."""
    OperatorRole.objects.filter(operator=operator, workspace_id=workspace, role=role).delete()


def workspaces_of(operator: Operator) -> list[UUID]:
    """Return the workspaces in which the operator has a role, the oldest first."""
    rows = OperatorRole.objects.filter(operator=operator).order_by("workspace__created_at")
    return list(dict.fromkeys(rows.values_list("workspace_id", flat=True)))

"""Operators and what they may do, API keys, and the sign-ins of operators and customers."""

from typing import Any, TypeAlias

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models

from cdp.accounts import permissions
from cdp.kernel.base import Record, WorkspaceRecord
from cdp.kernel.identifiers import uuid7


class OperatorManager(BaseUserManager["Operator"]):
    """What Django's sign-in needs to find an operator."""

    def get_by_natural_key(self, username: str | None) -> "Operator":
        return self.get(email__iexact=username)


class Operator(AbstractBaseUser):
    """Someone who signs in to the console. Roles are per workspace, in `OperatorRole`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    language = models.CharField(max_length=10, blank=True)
    theme = models.CharField(max_length=6, blank=True)
    is_active = models.BooleanField(default=True)
    last_seen_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: Any = OperatorManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    def __str__(self) -> str:
        return f"Operator {self.pk}"


class OperatorSession(Record):
    """Where an operator is signed in; `device` names a browser and a system, nothing else."""

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="+")
    device = models.CharField(max_length=60)
    began_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)


class OperatorRole(Record):
    """One role of one operator in one workspace; roles add up."""

    Role: TypeAlias = permissions.Role

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="roles")
    workspace = models.ForeignKey("kernel.Workspace", on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=13)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "workspace", "role"], name="accounts_role_once"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in permissions.Role]),
                name="accounts_role_known",
            ),
        ]


class Invitation(Record):
    """
    A place in a workspace's team, and a single-use link to choose a password: a digest, 24 hours.

    The row stays when the link was used: an operator without any role is still in the team.
    """

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="invitations")
    workspace = models.ForeignKey("kernel.Workspace", on_delete=models.CASCADE, related_name="+")
    digest = models.BinaryField(unique=True, null=True)  # none: the link was used or replaced
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class ApiKey(Record):
    """A management credential: scopes, the purposes it may name, an end. Stored as SHA-256."""

    workspace = models.ForeignKey("kernel.Workspace", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16)
    digest = models.BinaryField(unique=True)
    scopes = ArrayField(models.CharField(max_length=40))
    purposes = ArrayField(models.CharField(max_length=64))
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    replaces = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")


class SignInRequest(WorkspaceRecord):
    """
    A customer asked for a sign-in link.

    Only the blind index of the address is kept; a worker finds out whether anyone is behind it,
    so the door answers alike for known and unknown addresses.
    """

    blind = models.BinaryField()
    browser = models.BinaryField()
    language = models.CharField(max_length=10)
    handled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=models.Q(handled_at__isnull=True),
                name="accounts_signin_waiting",
            ),
        ]


class SignInLink(WorkspaceRecord):
    """A single-use link to the portal: digests of token, code and browser; ten minutes."""

    subject_id = models.UUIDField()
    blind = models.BinaryField()
    token = models.BinaryField(unique=True)
    code = models.BinaryField()
    browser = models.BinaryField()
    tries = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class CustomerSession(WorkspaceRecord):
    """A customer who is signed in to the portal: digest of the cookie, end."""

    subject_id = models.UUIDField()
    digest = models.BinaryField(unique=True)
    last_seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)


class Notification(WorkspaceRecord):
    """
    One line in an operator's bell: a kind, what it is about, and what its text has room for.

    `params` hold names of things, counts and ids, never a customer's personal value. `once` names
    an occasion of which an operator is told a single time.
    """

    operator = models.ForeignKey(Operator, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    obj = models.CharField(max_length=120, blank=True)
    params = models.JSONField(default=dict)
    once = models.CharField(max_length=120, blank=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "workspace_id", "kind", "once"],
                condition=~models.Q(once=""),
                name="accounts_notification_once",
            ),
        ]
        indexes = [
            models.Index(fields=["operator", "-created_at"], name="accounts_notification_newest"),
            models.Index(
                fields=["operator"],
                condition=models.Q(read_at__isnull=True),
                name="accounts_notification_unread",
            ),
        ]


class KeptReply(WorkspaceRecord):
    """
    One request of the management API under its Idempotency-Key, and the reply it got.

    `claim` names whoever carries the request out until `lease_until`; the reply is sealed and
    comes with the effect, in one transaction. Kept a day.
    """

    caller = models.UUIDField()  # the API key
    digest = models.BinaryField()  # of the route and the Idempotency-Key
    request = models.BinaryField()  # digest of what was asked
    claim = models.UUIDField()
    began_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    key_id = models.IntegerField(null=True)  # of use “token”
    reply = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["caller", "digest"], name="accounts_keptreply_once"),
        ]
        indexes = [models.Index(fields=["began_at"], name="accounts_keptreply_oldest")]

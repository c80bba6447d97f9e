"""
Who calls the management API, what its key may do, and the purpose that a request names.

The key decides the workspace; nothing in a request can choose another.
"""

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from audit.actors import Actor
from cdp.accounts import api_keys
from cdp.accounts.models import ApiKey
from cdp.kernel.errors import CdpError
from cdp.kernel.roles import Role
from cdp.kernel.windows import PurposeRequired
from consent import purposes

PURPOSE_HEADER = "Candor-Purpose"


class ScopeMissing(CdpError):
    """The key was not given the scope that this operation needs."""

    code = "scope_missing"


class PurposeNotAllowed(CdpError):
    """The key was not given this purpose, or the API is no place for it."""

    code = "purpose_not_allowed"


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key>`; the caller is the key's actor, `request.auth` the key."""

    def authenticate(self, request: Request) -> tuple[Actor, ApiKey] | None:
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if not scheme:
            return None
        key = api_keys.find(token.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            raise AuthenticationFailed
        return Actor.key(key.pk), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="candor"'


class DenyAll(BasePermission):
    """The default: a view that names no scope opens for nobody."""

    def has_permission(self, request: Request, view: object) -> bool:
        return False


class Scope(BasePermission):
    """Opens for keys with a scope; `write` is asked for where a request changes something."""

    def __init__(self, read: str, *, write: str = "") -> None:
        self.read, self.write = read, write or read

    def has_permission(self, request: Request, view: object) -> bool:
        if not isinstance(request.auth, ApiKey):
            return False
        needed = self.read if request.method in SAFE_METHODS else self.write
        if needed not in request.auth.scopes:
            raise ScopeMissing(f"This needs a key with the scope {needed}.", scope=needed)
        return True


def key_of(request: Request) -> ApiKey:
    """Return the key that a request came with; permissions have let it through."""
    key = request.auth
    assert isinstance(key, ApiKey)
    return key


def actor_of(request: Request) -> Actor:
    """Return the caller as an actor."""
    return Actor.key(key_of(request).pk)


def purpose_of(request: Request) -> str:
    """
    Return the purpose that a request reads people for: the one it names, or the key's only one.

    :raises PurposeRequired: it names none and the key has several
    :raises UnknownPurpose: the catalogue does not list it
    :raises PurposeNotAllowed: the key does not have it, or it is not read through the API
    """
    granted = key_of(request).purposes
    asked = request.headers.get(PURPOSE_HEADER, "").strip()
    if not asked and len(granted) != 1:
        raise PurposeRequired(f"Name one of the key's purposes in the header {PURPOSE_HEADER}.")
    key = asked or granted[0]
    spec = purposes.spec(key)
    if key not in granted:
        raise PurposeNotAllowed(f"This key may not read for “{key}”.", purpose=key)
    if Role.API not in spec.roles:
        raise PurposeNotAllowed(f"“{key}” is not read through this API.", purpose=key)
    return key

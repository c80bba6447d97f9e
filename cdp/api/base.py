"""What every view of the management API has in common: its workspace, and strict input."""

from contextlib import ExitStack
from typing import Any, ClassVar

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.exceptions import (
    AuthenticationFailed,
    ErrorDetail,
    NotFound,
    ValidationError,
)
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from cdp.accounts import clients
from cdp.accounts.models import ApiKey
from cdp.api.auth import DenyAll, actor_of, key_of
from cdp.kernel import database, rates
from cdp.kernel.rates import Rate, Verdict

UNKNOWN_KEYS = Rate("api.unknown", 60)  # a minute, from one address


class ApiView(APIView):
    """
    A view inside its key's workspace: entered once the key is known, left with the answer.

    A key has a bucket of requests, whatever comes of them; every answer tells how full it is.
    """

    metadata_class = None
    scope: ClassVar[BasePermission] = DenyAll()
    verdict: Verdict | None = None

    def get_permissions(self) -> list[BasePermission]:
        """Return the one permission: the scope that the view names, or nobody's."""
        return [self.scope]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            with ExitStack() as self._entered:
                response = super().dispatch(request, *args, **kwargs)
        except DatabaseError as away:  # so the workspace cannot be left
            if not database.is_unavailable(away):
                raise
            told = self.handle_exception(away)
            response = self.finalize_response(self.request, told, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "no-store")
        for name, value in (self.verdict.headers if self.verdict else {}).items():
            response[name] = value
        return response

    def perform_authentication(self, request: Request) -> None:
        try:
            super().perform_authentication(request)
        except AuthenticationFailed:
            client = clients.address(request.META, proxies=settings.TRUSTED_PROXIES)
            self._take(UNKNOWN_KEYS, client)
            raise
        if isinstance(request.auth, ApiKey):
            self._take(Rate("api.key", settings.API_PER_MINUTE), request.auth.pk.bytes)

    def _take(self, rate: Rate, whom: str | bytes) -> None:
        try:
            self.verdict = rates.spend(rate, whom)
        except rates.TooFast as flood:
            self.verdict = flood.verdict
            raise

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        workspace = key_of(request).workspace_id
        request_id: str = request._request.request_id  # type: ignore[attr-defined]  # the door's
        self._entered.enter_context(database.in_workspace(workspace, request=request_id))
        self._entered.enter_context(database.by(actor_of(request)))


class Nowhere(APIView):
    """An address that does not exist, said in the API's own words."""

    authentication_classes = []
    permission_classes = []
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound


class StrictInput(serializers.Serializer[Any]):
    """A body in which every field is known; a field that is not would be silently lost."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = set(data) - set(self.fields) if isinstance(data, dict) else set()
        if unknown:
            word = ErrorDetail("", code="unknown_field")
            raise ValidationError({name: [word] for name in sorted(unknown)})
        return super().to_internal_value(data)


def given(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """
    Return the body of a request as its serializer reads it.

    :raises ValidationError: a field is missing, unknown or does not fit
    """
    read = serializer(data=request.data)
    read.is_valid(raise_exception=True)
    return dict(read.validated_data)

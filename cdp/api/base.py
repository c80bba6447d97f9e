"""What every view of the management API has in common: its workspace, and strict input."""

from contextlib import ExitStack
from typing import Any, ClassVar

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from cdp.api.auth import DenyAll, key_of
from cdp.kernel import database


class ApiView(APIView):
    """A view inside its key's workspace: entered once the key is known, left with the answer."""

    metadata_class = None
    scope: ClassVar[BasePermission] = DenyAll()

    def get_permissions(self) -> list[BasePermission]:
        """Return the one permission: the scope that the view names, or nobody's."""
        return [self.scope]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            with ExitStack() as self._entered:
                response = super().dispatch(request, *args, **kwargs)
        except (OperationalError, InterfaceError) as away:  # so the workspace cannot be left
            told = self.handle_exception(away)
            response = self.finalize_response(self.request, told, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self._entered.enter_context(database.in_workspace(key_of(request).workspace_id))


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

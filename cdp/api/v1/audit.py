"""The audit log from outside: its newest signed checkpoint, to keep and compare later."""

import base64
from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audit import queries
from cdp.api.auth import Scope
from cdp.api.base import ApiView
from cdp.api.schema import operation


class CheckpointOutput(serializers.Serializer[Any]):
    """How far the log is signed; `note` is the signed text (C2SP signed note)."""

    size = serializers.IntegerField()
    root = serializers.CharField(  # type: ignore[assignment]  # the wire's name; Field has one
        help_text="SHA-256 of the Merkle tree, base64."
    )
    note = serializers.CharField()
    signed_at = serializers.DateTimeField()


class CheckpointView(ApiView):
    """The newest checkpoint; 404 before the first entry is signed."""

    scope = Scope("audit:read")

    @operation(
        "read_checkpoint", "Read the log's checkpoint", scope="audit:read",
        answers={200: CheckpointOutput}, problems=(404,),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """GET /api/v1/audit/checkpoint"""
        state = queries.state()
        if state is None:
            raise Http404
        root = base64.b64encode(state.root).decode()
        shown = {"size": state.size, "root": root, "note": state.note}
        return Response(CheckpointOutput({**shown, "signed_at": state.signed_at}).data)

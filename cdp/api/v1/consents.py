"""
Consents: how a person stands to each purpose, and what they said, relayed.

A statement is read and written in the person's own window, whatever they permit others: saying no
must never depend on having said yes.
"""

from typing import Any
from uuid import UUID

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cdp.api.auth import Scope, actor_of
from cdp.api.base import ApiView, StrictInput, given
from cdp.api.once import keep
from cdp.api.pagination import page_of
from cdp.api.schema import operation
from cdp.kernel.models import Origin
from consent import ledger, queries
from consent.window import subject_window

SCOPE = Scope("consents:read", write="consents:write")
METHOD = ORIGIN = "api"


class StandingOutput(serializers.Serializer[Any]):
    """One purpose as it stands for one person."""

    purpose = serializers.CharField()
    on = serializers.BooleanField()
    reason = serializers.CharField(allow_blank=True, help_text="Why it is off.")
    state = serializers.CharField(allow_blank=True, help_text="The last statement's, if any.")
    since = serializers.DateTimeField(allow_null=True)
    method = serializers.CharField(allow_blank=True)
    notice_number = serializers.IntegerField(allow_null=True)
    basis = serializers.CharField()
    requires = serializers.ListField(child=serializers.CharField())
    switchable = serializers.BooleanField()


class StatementInput(StrictInput):
    """What a person said about one purpose."""

    purpose = serializers.RegexField(r"^[a-z_]+(\.[a-z_]+)*$", max_length=64)
    language = serializers.ChoiceField(
        choices=["en", "zh-hans"], default="en", help_text="Of the notice they were shown."
    )


class ConsentsView(ApiView):
    """How one person stands to each purpose: on or off, since when, and why."""

    scope = SCOPE

    @operation(
        "list_consents", "Read a person's permissions", scope="consents:read",
        answers={200: page_of(StandingOutput)}, problems=(404,),
    )  # fmt: skip
    def get(self, request: Request, subject: UUID) -> Response:
        """GET /api/v1/subjects/{subject}/consents"""
        with subject_window(subject, actor=actor_of(request)) as using:
            using.doing("show_permissions")
            _refuse_unknown(subject)
            found = queries.standing(subject)
        return Response({"data": StandingOutput(found, many=True).data, "next": None})


class GrantsView(ApiView):
    """Relay that a person allows one purpose."""

    scope = SCOPE

    @operation(
        "create_grant", "Relay a yes", scope="consents:write", takes=StatementInput,
        writes=True, answers={201: StandingOutput}, problems=(404,),
    )  # fmt: skip
    def post(self, request: Request, subject: UUID) -> Response:
        """POST /api/v1/subjects/{subject}/grants"""
        return _say(ledger.grant, request, subject, act="relay_grant")


class WithdrawalsView(ApiView):
    """Relay that a person takes one purpose back; a new statement, never an edit of the grant."""

    scope = SCOPE

    @operation(
        "create_withdrawal", "Relay a no", scope="consents:write", takes=StatementInput,
        writes=True, answers={201: StandingOutput}, problems=(404,),
    )  # fmt: skip
    def post(self, request: Request, subject: UUID) -> Response:
        """POST /api/v1/subjects/{subject}/withdrawals"""
        return _say(ledger.withdraw, request, subject, act="relay_withdrawal")


def _say(verb: Any, request: Request, subject: UUID, *, act: str) -> Response:
    said = given(StatementInput, request)
    actor = actor_of(request)
    with subject_window(subject, actor=actor) as using:
        using.doing(act)
        _refuse_unknown(subject)
        verb(subject, actor=actor, method=METHOD, origin=ORIGIN, **said)
        standings = queries.standing(subject)
        now = next(each for each in standings if each.purpose == said["purpose"])
        return keep(Response(StandingOutput(now).data, status=201))


def _refuse_unknown(subject: UUID) -> None:
    """Refuse an id that stands for nobody of this workspace, or no longer for themselves."""
    if not Origin.objects.filter(origin=subject, subject_id=subject).exists():
        raise Http404

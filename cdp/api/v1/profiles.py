"""Profiles: find a person by a value they gave, and read what a purpose shows of them."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.http import Http404
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from cdp.api import pagination, people
from cdp.api.auth import Scope, actor_of, purpose_of
from cdp.api.base import ApiView, StrictInput, given
from cdp.api.schema import operation


class SearchInput(StrictInput):
    """One whole, exact value; in the body, because addresses end up in logs."""

    user_id = serializers.CharField(required=False, max_length=255)
    email = serializers.CharField(required=False, max_length=255)
    phone = serializers.CharField(
        required=False, max_length=40, help_text="With country code, such as +49…"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise ValidationError({"non_field_errors": [ErrorDetail("", code="one_of")]})
        return attrs


class ProfileSummaryOutput(serializers.Serializer[Any]):
    """The head of a profile. Names and addresses are never part of it."""

    id = serializers.UUIDField()
    language = serializers.CharField(allow_blank=True)
    first_seen_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    events = serializers.IntegerField()


class TraitOutput(serializers.Serializer[Any]):
    """One trait; exactly one of number, text, items and at is set."""

    key = serializers.CharField()
    origin = serializers.ChoiceField(choices=["computed", "declared"])
    number = serializers.FloatField(allow_null=True)
    text = serializers.CharField(allow_null=True)
    items = serializers.ListField(child=serializers.CharField(), allow_null=True)
    at = serializers.DateTimeField(allow_null=True)
    as_of = serializers.DateTimeField()


class ProfileSegmentOutput(serializers.Serializer[Any]):
    """One segment that the person is in."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    entered_at = serializers.DateTimeField()


class ScoreOutput(serializers.Serializer[Any]):
    """One score that has not expired, with what pushed it up and down."""

    model = serializers.CharField()
    value = serializers.FloatField()
    band = serializers.CharField()
    contributions = serializers.ListField(child=serializers.DictField())
    as_of = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class ProfileOutput(ProfileSummaryOutput):
    """A person as the purpose shows them; what it does not show is an empty list."""

    traits = TraitOutput(many=True)
    segments = ProfileSegmentOutput(many=True)
    scores = ScoreOutput(many=True)


class EventOutput(serializers.Serializer[Any]):
    """One event that happened; `properties` without anything that names a person."""

    id = serializers.UUIDField()
    type = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    source = serializers.CharField()  # type: ignore[assignment]  # the wire's name; Field has one
    happened_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField()
    amount_minor = serializers.IntegerField(allow_null=True, help_text="Worth of an order.")
    currency = serializers.CharField(allow_blank=True)
    properties = serializers.DictField()


class ProfileSearchView(ApiView):
    """
    Find one person by a whole, exact value.

    Somebody who does not permit the purpose, is unknown or was erased is answered alike: 404.
    """

    scope = Scope("profiles:read")

    @operation(
        "search_profiles", "Find a person by an exact value", scope="profiles:read", people=True,
        takes=SearchInput, answers={200: ProfileSummaryOutput}, problems=(404, 413, 415),
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """POST /api/v1/profiles/search"""
        [(kind, value)] = given(SearchInput, request).items()
        under = purpose_of(request)
        found = people.find(kind=kind, value=value, under=under, actor=actor_of(request))
        if found is None:
            raise Http404
        return Response(ProfileSummaryOutput(found).data)


class ProfileView(ApiView):
    """One person: head, traits, segments and scores, as far as the purpose shows them."""

    scope = Scope("profiles:read")

    @operation(
        "read_profile", "Read a person", scope="profiles:read", people=True,
        answers={200: ProfileOutput}, problems=(404,),
    )  # fmt: skip
    def get(self, request: Request, subject: UUID) -> Response:
        """GET /api/v1/profiles/{subject}"""
        found = people.show(subject, under=purpose_of(request), actor=actor_of(request))
        if found is None:
            raise Http404
        whole = asdict(found)
        return Response(ProfileOutput({**whole.pop("profile"), **whole}).data)


class ProfileEventsView(ApiView):
    """A person's events, newest first, of those kinds that the purpose shows."""

    scope = Scope("events:read")

    @operation(
        "list_profile_events", "List a person's events", scope="events:read", people=True,
        paged=True, answers={200: pagination.page_of(EventOutput)}, problems=(404,),
    )  # fmt: skip
    def get(self, request: Request, subject: UUID) -> Response:
        """GET /api/v1/profiles/{subject}/events"""
        page = pagination.asked(request)
        found = people.timeline(
            subject,
            under=purpose_of(request),
            actor=actor_of(request),
            after=page.after,
            limit=page.one_more,
        )
        if found is None:
            raise Http404
        return pagination.answer(
            request, page, found, place=lambda e: (e.happened_at, e.id), show=EventOutput
        )

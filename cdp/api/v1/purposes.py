"""Purposes: why data may be used. The words that consents and requests refer to."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cdp.api.auth import Scope, key_of
from cdp.api.base import ApiView
from cdp.api.pagination import page_of
from cdp.api.schema import operation
from consent import ledger, purposes, queries
from consent.catalog import CATALOG, PurposeSpec


class TextOutput(serializers.Serializer[Any]):
    """A text in each language."""

    en = serializers.CharField()
    zh_hans = serializers.CharField()


class PurposeOutput(serializers.Serializer[Any]):
    """One purpose as it is in force."""

    key = serializers.CharField()
    basis = serializers.CharField(help_text="Legal basis: GDPR Art. 6(1), as in DPV.")
    categories = serializers.ListField(child=serializers.CharField())
    channel = serializers.CharField(allow_blank=True)
    requires = serializers.ListField(child=serializers.CharField())
    open = serializers.BooleanField(help_text="In use; a closed purpose shows nobody.")
    switchable = serializers.BooleanField(help_text="A person may switch it by itself.")
    yours = serializers.BooleanField(help_text="This key may read people for it.")
    people = serializers.IntegerField(
        allow_null=True, help_text="How many permitted it when it was last counted."
    )
    label = TextOutput()  # type: ignore[assignment]  # the wire's name; Field has one
    plain_text = TextOutput()


class PurposesView(ApiView):
    """Every purpose of the catalogue, with its legal basis, data and texts."""

    scope = Scope("purposes:read")

    @operation(
        "list_purposes",
        "List purposes",
        scope="purposes:read",
        answers={200: page_of(PurposeOutput)},
    )
    def get(self, request: Request) -> Response:
        """GET /api/v1/purposes"""
        rules, totals = purposes.rules(), queries.totals()
        mine = set(key_of(request).purposes)
        data = [
            _shown(spec, rules[spec.key].open, totals.get(spec.key), spec.key in mine)
            for spec in CATALOG
            if spec.key in rules
        ]
        return Response({"data": data, "next": None})


def _shown(spec: PurposeSpec, in_use: bool, people: int | None, yours: bool) -> dict[str, Any]:
    return {
        "key": spec.key,
        "basis": str(spec.basis),
        "categories": sorted(category.name.lower() for category in spec.categories),
        "channel": spec.channel,
        "requires": list(spec.requires),
        "open": in_use,
        "switchable": in_use and ledger.is_switchable(spec.key),
        "yours": yours,
        "people": people,
        "label": _texts(spec.label),
        "plain_text": _texts(spec.plain_text),
    }


def _texts(texts: dict[str, str]) -> dict[str, str]:
    return {language.replace("-", "_"): text for language, text in texts.items()}

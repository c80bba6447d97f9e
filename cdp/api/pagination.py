"""
Paging by cursor: newest first, `?after=…&limit=…`, and a link to the next page.

A cursor is the place of the last row, signed and bound to the path, so nobody makes one up and
none works elsewhere. No totals: counting costs, and a count of people is a use of its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core import signing
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cdp.kernel.errors import CdpError

USUAL, MOST = 50, 200
_SALT = "cdp.api.cursor"
Row = TypeVar("Row")


class BadCursor(CdpError):
    """`after` was altered, or belongs to another address."""

    code = "bad_cursor"


class PageQuery(serializers.Serializer[Any]):
    """What may stand behind the question mark of a list."""

    after = serializers.CharField(
        required=False, max_length=1000, help_text="From the last page's “next”."
    )
    limit = serializers.IntegerField(required=False, min_value=1, max_value=MOST, default=USUAL)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page was asked for: after which place, and how many rows."""

    after: list[str] | None
    limit: int

    @property
    def one_more(self) -> int:
        """Return how many rows to read, so that it shows whether a next page exists."""
        return self.limit + 1


def asked(request: Request) -> Asked:
    """
    Return the page that a request asks for.

    :raises BadCursor: the cursor is not one of ours for this path
    :raises ValidationError: `limit` is no number from 1 to 200
    """
    query = PageQuery(data=request.query_params.dict())  # as a form, “limit=” would count as absent
    query.is_valid(raise_exception=True)
    token = query.validated_data.get("after")
    if token is None:
        return Asked(None, query.validated_data["limit"])
    try:
        place = signing.loads(token, salt=f"{_SALT}:{request.path}")
    except signing.BadSignature:
        raise BadCursor("Follow the link “next” of the page before.") from None
    return Asked([str(part) for part in place], query.validated_data["limit"])


def answer(
    request: Request,
    page: Asked,
    rows: Sequence[Row],
    *,
    place: Callable[[Row], Sequence[object]],
    show: type[serializers.Serializer[Any]],
) -> Response:
    """Return a page of `rows` (one more than shown, if there is a next page)."""
    shown = rows[: page.limit]
    following = None
    if len(rows) > page.limit:
        last = [str(part) for part in place(shown[-1])]
        token = signing.dumps(last, salt=f"{_SALT}:{request.path}")
        query = request.query_params.copy()
        query["after"] = token
        following = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
    return Response({"data": show(shown, many=True).data, "next": following})


def page_of(show: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """Return the serializer of a page of `show`, for the schema."""
    name = show.__name__.removesuffix("Output")
    return type(
        f"{name}Page",
        (serializers.Serializer,),
        {
            "data": show(many=True),
            "next": serializers.URLField(allow_null=True, help_text="The next page, or null."),
        },
    )

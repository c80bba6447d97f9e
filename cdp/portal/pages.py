"""The portal's frame: its sections, and a page inside it."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Section:
    """One link of the portal's navigation."""

    title: str | Promise
    url: str
    active: bool


_SECTIONS: tuple[tuple[str, str | Promise], ...] = (
    ("portal:overview", _("Overview")),
    ("portal:permissions", _("Permissions")),
    ("portal:reasons", _("Reasons")),
    ("portal:history", _("History")),
    ("portal:data", _("My data")),
    ("portal:scores", _("Scores")),
)


def show(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    section: str = "",
    status: int = 200,
) -> HttpResponse:
    """Return a portal page; `section` is the route whose link is marked as the current one."""
    sections = [
        Section(title, reverse(route), route == f"portal:{section}") for route, title in _SECTIONS
    ]
    given = {"sections": sections if section else [], **(context or {})}
    return render(request, f"portal/{template}", given, status=status)

"""What the audit explorer is asked: a form whose values are the address, and saved views of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from audit import pseudonym
from audit.explore import Search
from cdp.accounts.models import ApiKey, Operator
from cdp.console import names
from cdp.console.audit_words import ACTS, GROUPS, TABLES, group_or_act
from cdp.kernel import workspaces
from consent.catalog import CATALOG
from profiles.events.personal import looks_personal
from profiles.vault.fields import FIELDS

ANY = ("", _("any"))
CONFIGURATION = "settings"
PSEUDONYM = re.compile(r"[0-9a-f]{8,32}")
KINDS = (
    ("op", _("any operator")),
    ("cust", _("customers themselves")),
    ("key", _("any API key")),
    ("job", _("jobs")),
    ("sys", _("the platform itself")),
    ("db", _("database logins")),
)
# Saved views: name and what is asked.
VIEWS: tuple[tuple[names.Text, Mapping[str, str]], ...] = (
    (_("Everything"), {}),
    (_("Reveals"), {"who": "op", "act": "vault.open", "object": "fields:"}),
    (_("Consent"), {"act": "consent."}),
    (_("Configuration"), {"act": CONFIGURATION}),
    (_("Sign-ins"), {"act": "operator."}),
)


class FilterForm(forms.Form):
    """The filters of the log; what does not read is said and left out."""

    who = forms.ChoiceField(label=_("Who"), required=False)
    act = forms.ChoiceField(label=_("Act"), required=False)
    about = forms.CharField(label=_("About"), max_length=40, required=False)
    purpose = forms.ChoiceField(label=_("Purpose"), required=False)
    object = forms.CharField(label=_("To what"), max_length=80, required=False)
    field = forms.ChoiceField(label=_("Field"), required=False)
    since = forms.DateField(
        label=_("From day"), required=False, widget=forms.DateInput({"type": "date"})
    )
    until = forms.DateField(
        label=_("To day"), required=False, widget=forms.DateInput({"type": "date"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "en"
        for name, choices in {
            "who": [ANY, *_actors()],
            "act": [ANY, (CONFIGURATION, _("Configuration: all changes")), *grouped_acts()],
            "purpose": [ANY, *((spec.key, names.purpose(spec.key)) for spec in CATALOG)],
            "field": [
                ANY,
                *((f.key, f.label.get(language, f.label["en"])) for f in FIELDS.values()),
            ],
        }.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]  # all are choices
        for field in self.fields.values():
            field.widget.attrs["autocomplete"] = "off"

    def clean_about(self) -> str:
        """Return the beginning of a pseudonym, made of a profile number if that was given."""
        text = str(self.cleaned_data["about"]).strip().lower().lstrip("#")
        try:
            return (
                pseudonym.of(UUID(text)).hex() if len(text) == len(str(UUID(int=0))) else _hex(text)
            )
        except ValueError:
            raise forms.ValidationError(
                _("Write a whole profile number, or eight digits or more of a pseudonym.")
            ) from None

    def clean_object(self) -> str:
        """Return how an object begins; nothing that reaches a person is put into an address."""
        text = str(self.cleaned_data["object"]).strip()
        if looks_personal("", text):
            raise forms.ValidationError(_("Leave addresses and phone numbers out."))
        return text


@dataclass(frozen=True, slots=True)
class Asked:
    """What an operator asked the explorer: the search, and the same as a canonical address."""

    search: Search
    query: str
    form: FilterForm

    @property
    def is_narrowed(self) -> bool:
        """Say whether anything is filtered."""
        return not self.search.is_empty


def read(given: Mapping[str, Any]) -> Asked:
    """Return what the query of an address asks for."""
    form = FilterForm(given)
    form.is_valid()
    told = {name: value for name, value in form.cleaned_data.items() if value}
    query = urlencode(sorted((name, str(value)) for name, value in told.items()))
    search = Search(
        acts=_begin(told.get("act", "")),
        actor=told.get("who", ""),
        ref=told.get("about", ""),
        purpose=told.get("purpose", ""),
        obj=told.get("object", ""),
        field=told.get("field", ""),
        since=_midnight(told.get("since")),
        until=_midnight(told.get("until"), days=1),
    )
    return Asked(search, query, form)


def views(query: str) -> list[tuple[names.Text, str, bool]]:
    """Return the saved views: name, address, whether it is the one that `query` asks for."""
    found = []
    for name, asked in VIEWS:
        address = urlencode(sorted(asked.items()))
        found.append((name, address, address == query))
    return found


def _midnight(day: Any, *, days: int = 0) -> datetime | None:
    if day is None:
        return None
    return timezone.make_aware(datetime.combine(day + timedelta(days=days), time()))


def _hex(text: str) -> str:
    if text and not PSEUDONYM.fullmatch(text):
        raise ValueError
    return text


def _begin(act: str) -> tuple[str, ...]:
    """Return what acts are searched by: a group is a beginning, configuration several."""
    if act == CONFIGURATION:
        return tuple(f"{table}." for table in TABLES)
    return (act,) if act else ()


def grouped_acts() -> list[tuple[Any, Any]]:
    """Return acts to choose from, each under its group, which can be chosen whole."""
    grouped: list[tuple[Any, Any]] = []
    for kind, name in GROUPS.items():
        single = [(act, words) for act, words in ACTS.items() if act.startswith(f"{kind}.")]
        grouped.append((name, [(f"{kind}.", group_or_act(f"{kind}.")), *single]))
    return grouped


def _actors() -> list[tuple[str, Any]]:
    """Return who may have acted: kinds, and the operators and API keys of this workspace."""
    here = workspaces.current().id
    operators = Operator.objects.filter(roles__workspace_id=here).distinct().order_by("name")
    keys = ApiKey.objects.filter(workspace_id=here).order_by("name")
    return [
        *KINDS,
        *((f"op:{pk}", name) for pk, name in operators.values_list("pk", "name")),
        *(
            (f"key:{pk}", _("API key %(name)s") % {"name": name})
            for pk, name in keys.values_list("pk", "name")
        ),
    ]

"""The form of a new export: whom, what, under which purpose, for whom and why."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cdp.console import names
from cdp.console.access import ConsoleRequest
from cdp.console.reason_field import ReasonField
from profiles.exports import columns, plan
from profiles.exports.columns import Kind
from profiles.exports.models import Export
from profiles.models import Segment

CLASSES = {
    Kind.TRAIT: ("traits", _("Traits")),
    Kind.SCORE: ("scores", _("Scores")),
    Kind.CONTACT: ("contact", _("Contact details")),
}


def label(name: str) -> str:
    """Return a column's name in the reader's language; one that is gone shows as its key."""
    column = columns.COLUMNS.get(name)
    if column is None:
        return name
    return column.label.get(get_language() or "en", column.label["en"])


class ExportForm(forms.Form):
    """Whom an export is about, what it holds, and why."""

    segment = forms.ChoiceField(label=_("Segment"))
    purpose = forms.ChoiceField(
        label=_("Purpose"), help_text=_("Who does not permit it is not in the file.")
    )
    traits = forms.MultipleChoiceField(
        label=_("Traits"), required=False, widget=forms.CheckboxSelectMultiple
    )
    scores = forms.MultipleChoiceField(
        label=_("Scores"), required=False, widget=forms.CheckboxSelectMultiple
    )
    contact = forms.MultipleChoiceField(
        label=_("Contact details"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("With any of these the export takes a second operator."),
    )
    recipient = ReasonField(
        label=_("Recipient"),
        help_text=_("The company or team that gets the file. Customers read it in their history."),
    )
    reason = ReasonField(label=_("Reason"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        segments = Segment.objects.filter(archived_at=None).order_by("name")
        self._offer("segment", [(str(each.id), each.name) for each in segments])
        self._offer(
            "purpose",
            [(spec.key, names.purpose(spec.key)) for spec in columns.exporting_purposes()],
        )
        for kind, (field, _title) in CLASSES.items():
            offered = [c.name for c in columns.COLUMNS.values() if c.kind is kind]
            self._offer(field, [(name, label(name)) for name in offered])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]  # stubs know fields, not kinds

    def clean(self) -> dict[str, Any]:
        """Ask for at least one field."""
        cleaned = super().clean() or {}
        if not self.chosen():
            self.add_error("traits", _("Choose at least one field of the list."))
        return cleaned

    def chosen(self) -> list[str]:
        """Return the columns that were chosen, of all classes."""
        return [
            name for field, _title in CLASSES.values() for name in self.cleaned_data.get(field, [])
        ]


def save(form: ExportForm, request: ConsoleRequest) -> Export:
    """
    Plan the export; a worker counts it.

    :raises CdpError: it is refused; its text says what to change
    """
    given = form.cleaned_data
    return plan.plan(
        UUID(given["segment"]),
        fields=form.chosen(),
        purpose_key=given["purpose"],
        recipient=given["recipient"],
        reason=given["reason"],
        actor=request.actor,
    )

"""Why somebody's contact details are looked at: an order or a ticket, never an address."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from profiles.events.personal import looks_personal

LONGEST = 80


class ReasonField(forms.CharField):
    """A reason that goes on the record; it must not itself name or reach anybody."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=LONGEST, **options)

    def clean(self, value: Any) -> str:
        """Return the reason, or ask for one without an address or a phone number."""
        reason: str = super().clean(value)
        if looks_personal("", reason):
            raise forms.ValidationError(
                _("Leave addresses and phone numbers out. Name the order or the ticket.")
            )
        return reason

"""The form of a new campaign: whom, why, and what to say in which language."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.messages import create as templates
from campaigns.messages import fields
from campaigns.messages.written import LANGUAGES
from campaigns.models import Campaign
from campaigns.planning import create as planning
from cdp.console import names
from cdp.console.access import ConsoleRequest
from cdp.kernel import database
from consent import purposes
from profiles.models import Segment

NEW = "new"


def _version(name: str, number: int) -> str:
    return gettext("%(name)s, version %(n)d") % {"name": name, "n": number}


class CampaignForm(forms.Form):
    """Whom a campaign is for, under which purpose, and its message in one or two languages."""

    name = forms.CharField(label=_("Name"), max_length=120)
    segment = forms.ChoiceField(label=_("Segment"))
    purpose = forms.ChoiceField(
        label=_("Purpose"), help_text=_("Who does not permit it gets nothing.")
    )
    template = forms.ChoiceField(label=_("Message"))
    subject_en = forms.CharField(label=_("Subject, English"), max_length=250, required=False)
    body_en = forms.CharField(
        label=_("Text, English"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    subject_zh = forms.CharField(label=_("Subject, Chinese"), max_length=250, required=False)
    body_zh = forms.CharField(
        label=_("Text, Chinese"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        segments = Segment.objects.filter(archived_at=None).order_by("name")
        self._offer("segment", [(str(each.id), each.name) for each in segments])
        self._offer(
            "purpose",
            [(spec.key, names.purpose(spec.key)) for spec in planning.sending_purposes()],
        )
        written = [
            (str(each.id), _version(each.name, each.number)) for each in templates.newest_versions()
        ]
        self._offer("template", [(NEW, gettext("Write a new one")), *written])

    def _offer(self, name: str, choices: Iterable[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(choices)

    def clean(self) -> dict[str, Any]:
        """Ask for a message where none is chosen."""
        cleaned = super().clean() or {}
        if cleaned.get("template") == NEW and not self.texts()[0]:
            self.add_error("subject_en", _("Write a subject and a text, or choose a message."))
        return cleaned

    def texts(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return subjects and bodies by language, of the languages that were written in."""
        typed = {
            language: (
                self.cleaned_data.get(f"subject_{short}", ""),
                self.cleaned_data.get(f"body_{short}", ""),
            )
            for language, short in zip(LANGUAGES, ("en", "zh"), strict=True)
        }
        written = {language: pair for language, pair in typed.items() if any(pair)}
        return (
            {language: subject for language, (subject, _body) in written.items()},
            {language: body for language, (_subject, body) in written.items()},
        )


def save(form: CampaignForm, request: ConsoleRequest) -> Campaign:
    """
    Save the message, where a new one was written, and the campaign as a draft; both or neither.

    :raises CdpError: the message or the campaign is refused; its text says what to change
    """
    given = form.cleaned_data
    with database.atomic():
        if given["template"] == NEW:
            subject, body = form.texts()
            template_id = templates.create_template(
                given["name"], subject=subject, body=body, actor=request.actor
            ).id
        else:
            template_id = UUID(given["template"])
        return planning.create_campaign(
            given["name"],
            purpose_key=given["purpose"],
            segment_id=UUID(given["segment"]),
            template_id=template_id,
            actor=request.actor,
        )


def variables(language: str) -> list[tuple[str, str, list[str]]]:
    """Return each variable as it is written, its name, and the sending purposes that cover it."""
    told = []
    for variable in fields.VARIABLES:
        covering = [
            names.purpose(spec.key)
            for spec in planning.sending_purposes()
            if not fields.uncovered([variable.key], purposes.spec(spec.key).categories)
        ]
        fallback = "" if variable.is_always_present else ' | default: "…"'
        label = variable.label.get(language, variable.label["en"])
        told.append((f"{{{{ {variable.key}{fallback} }}}}", label, covering))
    return told

"""Alerts: what somebody wants to hear of, how often it was met, and the form of one."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from audit import alert_rules, alerts
from audit.alert_rules import AlertRefused, NoSuchAlert, Rule
from audit.models import Alert
from cdp.accounts import notifications
from cdp.accounts.models import Operator
from cdp.console import audit_words, names, refusals
from cdp.console.access import ConsoleRequest, needs
from cdp.console.audit_filters import KINDS, grouped_acts
from cdp.templatetags.display import duration
from profiles.events.personal import looks_personal

APART, TOGETHER = "apart", "together"


class AlertForm(forms.Form):
    """One alert: what is counted, whose, how many in how long, when, and who is told."""

    name = forms.CharField(label=_("Name"), max_length=80)
    acts = forms.MultipleChoiceField(
        label=_("Acts"), widget=forms.SelectMultiple(attrs={"size": 8})
    )
    obj = forms.CharField(
        label=_("To what"),
        max_length=80,
        required=False,
        help_text=_("How it begins: “fields:” is a reveal, “masked:” a masked reading."),
    )
    actor_kind = forms.ChoiceField(label=_("Who"), required=False, choices=[("", _("any")), *KINDS])
    counted = forms.ChoiceField(
        label=_("Counted"),
        choices=[(APART, _("each of them apart")), (TOGETHER, _("all together"))],
    )
    more_than = forms.IntegerField(
        label=_("More than"), min_value=0, max_value=1_000_000, help_text=_("0: every one hits")
    )
    within_minutes = forms.IntegerField(
        label=_("Within, in minutes"), min_value=1, max_value=alert_rules.LONGEST_MINUTES
    )
    from_hour = forms.IntegerField(
        label=_("From hour"),
        min_value=0,
        max_value=23,
        required=False,
        help_text=_("In the workspace's time zone; may reach over midnight"),
    )
    to_hour = forms.IntegerField(label=_("To hour"), min_value=0, max_value=23, required=False)
    only_first = forms.BooleanField(
        label=_("Only the first time that somebody does it"), required=False
    )
    told = forms.MultipleChoiceField(
        label=_("Who is told"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Nobody chosen: everyone who may read the log"),
    )
    is_on = forms.BooleanField(label=_("On"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        readers = Operator.objects.filter(pk__in=notifications.holders(alerts.READS))
        for name, choices in {
            "acts": grouped_acts(),
            "told": [(str(pk), called) for pk, called in readers.values_list("pk", "name")],
        }.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]  # both are choices

    def clean_name(self) -> str:
        """Return the name; it stands on the record, so it names nobody."""
        return self._impersonal("name")

    def clean_obj(self) -> str:
        """Return how an object begins."""
        return self._impersonal("obj")

    def _impersonal(self, name: str) -> str:
        text = str(self.cleaned_data[name]).strip()
        if looks_personal("", text):
            raise forms.ValidationError(_("Leave addresses and phone numbers out."))
        return text

    def rule(self) -> Rule:
        """Return what a valid form asks for."""
        told = {**self.cleaned_data}
        return Rule(
            per_actor=told.pop("counted") == APART,
            acts=tuple(told.pop("acts")),
            told=tuple(UUID(each) for each in told.pop("told")),
            **told,
        )


@require_GET
@needs("audit:read")
def show_alerts(request: ConsoleRequest) -> HttpResponse:
    """List alerts and their newest hits."""
    every = alert_rules.every()
    hits = alert_rules.hits([each.pk for each in every])
    named = names.actors({hit.actor for hit in hits})
    called = {each.pk: audit_words.alert_name(each.name) for each in every}
    shown = {
        "alerts": [(each, called[each.pk], in_words(each), _told(each)) for each in every],
        "hits": [
            (hit, called[hit.alert_id], named.of(hit.actor) if hit.actor else _("all together"))
            for hit in hits
        ],
    }
    return render(request, "console/audit_alerts.html", shown)


@require_http_methods(["GET", "POST"])
@needs("audit:read")
def new_alert(request: ConsoleRequest) -> HttpResponse:
    """Make an alert."""
    begin = {"counted": APART, "more_than": 10, "within_minutes": 60, "is_on": True}
    form = AlertForm(request.POST or None, initial=begin)
    if form.is_valid():
        try:
            alert_rules.create(form.rule(), actor=request.actor)
        except AlertRefused as refused:
            form.add_error(None, refusals.said(refused))
        else:
            return redirect("console:audit_alerts")
    return _form(request, form, title=str(_("New alert")))


@require_http_methods(["GET", "POST"])
@needs("audit:read")
def edit_alert(request: ConsoleRequest, alert_id: UUID) -> HttpResponse:
    """Change an alert, or switch it off."""
    try:
        alert = alert_rules.find(alert_id)
    except NoSuchAlert:
        raise Http404 from None
    form = AlertForm(request.POST or None, initial=_values(alert))
    if form.is_valid():
        try:
            alert_rules.edit(alert_id, form.rule(), actor=request.actor)
        except AlertRefused as refused:
            form.add_error(None, refusals.said(refused))
        else:
            return redirect("console:audit_alerts")
    return _form(request, form, title=audit_words.alert_name(alert.name))


def _form(request: ConsoleRequest, form: AlertForm, *, title: str) -> HttpResponse:
    status = 422 if form.errors else 200
    shown = {"form": form, "title": title}
    return render(request, "console/audit_alert.html", shown, status=status)


def _values(alert: Alert) -> dict[str, Any]:
    kept = {name: getattr(alert, name) for name in AlertForm.base_fields if name != "counted"}
    counted = APART if alert.per_actor else TOGETHER
    return {**kept, "counted": counted, "told": [str(each) for each in alert.told]}


def in_words(alert: Alert) -> list[str]:
    """Return what an alert looks for, in short pieces."""
    counted = [audit_words.group_or_act(act) for act in alert.acts]
    # Translators: between the members of a list
    pieces = [gettext(", ").join(counted)]
    span = duration(alert.within_minutes * 60)
    if alert.only_first:
        pieces.append(gettext("the first time"))
    elif alert.more_than:
        many = {"count": f"{alert.more_than:,}", "span": span}
        pieces.append(gettext("more than %(count)s within %(span)s") % many)
    else:
        pieces.append(gettext("each, told once in %(span)s") % {"span": span})
    if alert.from_hour is not None and alert.to_hour is not None:
        hours = {"begin": alert.from_hour, "end": alert.to_hour}
        pieces.append(gettext("between %(begin)d:00 and %(end)d:00") % hours)
    if not alert.per_actor:
        pieces.append(gettext("all together"))
    return pieces


def _told(alert: Alert) -> str:
    """Return who is told, by name."""
    if not alert.told:
        return gettext("everyone who may read the log")
    called = Operator.objects.filter(pk__in=alerts.told(alert)).order_by("name")
    return gettext(", ").join(called.values_list("name", flat=True))

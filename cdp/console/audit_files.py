"""What one takes away from the audit log: proofs, signed exports, the program that checks them."""

from pathlib import Path

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from audit import exports, proofs, queries, verify_log
from audit.exports import NoSuchStretch
from audit.inbox import record
from audit.proofs import NoSuchEntry
from cdp.console import refusals
from cdp.console.access import ConsoleRequest, needs
from cdp.console.step_up import confirmed
from cdp.kernel import database

VERIFIER = Path(verify_log.__file__)
EXPORTED_AT_ONCE = 20_000  # entries; some 15 MB, made in memory


@require_GET
@needs("audit:read")
def download_proof(request: ConsoleRequest, index: int) -> HttpResponse:
    """Hand out the proof file of one entry."""
    try:
        with database.atomic():
            text = proofs.prove(index)
            record(request.actor, "audit.prove", obj=f"entry:{index}")
    except NoSuchEntry:
        raise Http404 from None
    return _file(text, name=proofs.file_name(index), media_type=proofs.MEDIA_TYPE)


@require_GET
@needs("audit:read")
def download_verifier(request: ConsoleRequest) -> HttpResponse:
    """Hand out the program that checks proofs and exports, to run anywhere."""
    return _file(VERIFIER.read_text(), name=VERIFIER.name, media_type="text/x-python")


def _file(text: str, *, name: str, media_type: str) -> HttpResponse:
    return HttpResponse(
        text,
        content_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


class ExportForm(forms.Form):
    """Which stretch of the log to take away; both ends are in it."""

    first = forms.IntegerField(label=_("From entry"), min_value=0, required=False)
    last = forms.IntegerField(label=_("To entry"), min_value=0, required=False)

    def clean(self) -> dict[str, int]:
        """Return the stretch, the newest entries where nothing was said."""
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        state = queries.state()
        beyond = last + 1 if last is not None else (state.size if state else 0)
        begin = first if first is not None else max(0, beyond - EXPORTED_AT_ONCE)
        if beyond - begin > EXPORTED_AT_ONCE:
            raise forms.ValidationError(
                _("At most %(count)s entries at once; larger ones by “manage.py audit export”.")
                % {"count": f"{EXPORTED_AT_ONCE:,}"}
            )
        return {"first": begin, "beyond": beyond}


@require_POST
@needs("audit:read")
@confirmed
def export_log(request: ConsoleRequest) -> HttpResponse:
    """Hand out a stretch of the log as one signed file, after a fresh proof of who asks."""
    form = ExportForm(request.POST)
    if form.is_valid():
        try:
            with database.atomic():
                stretch = form.cleaned_data
                text = "".join(exports.export(stretch["first"], stretch["beyond"]))
                record(request.actor, "log.export", detail=stretch)
        except NoSuchStretch as refused:
            form.add_error(None, refusals.said(refused))
        else:
            name = exports.file_name(stretch["first"], stretch["beyond"])
            return _file(text, name=name, media_type=exports.MEDIA_TYPE)
    for problems in form.errors.values():
        messages.error(request, str(problems[0]))
    return redirect("console:audit")

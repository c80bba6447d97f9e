"""
Reading the demo's mailbox in the browser.

The mailbox is the world outside: it holds plain messages as a customer's own mail program would.
Only demo mode has this page.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_safe

SHOWN = 100
_LINK = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True, slots=True)
class Letter:
    """One message as the list shows it."""

    name: str
    to: str
    subject: str
    at: datetime


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Show the newest messages; on POST those to one address, which no URL may hold."""
    wanted = request.POST.get("to", "").strip().lower()
    files = sorted(_files(), key=lambda file: file.stat().st_mtime, reverse=True)
    letters = [_letter(file, _headers(file)) for file in files[: SHOWN * (20 if wanted else 1)]]
    shown = [letter for letter in letters if wanted in letter.to.lower()][:SHOWN]
    context = {"letters": shown, "total": len(files), "wanted": wanted}
    return _private(render(request, "demo/mailbox.html", context))


@require_safe
def show(request: HttpRequest, name: str) -> HttpResponse:
    """Show one message's text, its links alive."""
    file = settings.MAILBOX_DIR / f"{name}.eml"
    if not file.is_file():
        raise Http404
    message = _parsed(file)
    body = message.get_body(("plain",))
    text = body.get_content() if body is not None else ""
    context = {
        "letter": _letter(file, message),
        "sender": str(message["From"]),
        "text": _alive(text),
    }
    return _private(render(request, "demo/message.html", context))


def _files() -> list[Path]:
    folder: Path = settings.MAILBOX_DIR
    return list(folder.glob("*.eml")) if folder.is_dir() else []


def _headers(file: Path) -> EmailMessage:
    with file.open("rb") as handle:
        found = BytesParser(policy=policy.default).parse(handle, headersonly=True)
    assert isinstance(found, EmailMessage)
    return found


def _parsed(file: Path) -> EmailMessage:
    found = BytesParser(policy=policy.default).parsebytes(file.read_bytes())
    assert isinstance(found, EmailMessage)
    return found


def _letter(file: Path, message: EmailMessage) -> Letter:
    at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    return Letter(file.stem, str(message["To"]), str(message["Subject"]), at)


def _alive(text: str) -> SafeString:
    """Return the text with its addresses as links; everything else escaped."""
    pieces: list[SafeString] = []
    position = 0
    for match in _LINK.finditer(text):
        pieces.append(format_html("{}", text[position : match.start()]))
        pieces.append(format_html('<a class="link" href="{0}">{0}</a>', match[0]))
        position = match.end()
    pieces.append(format_html("{}", text[position:]))
    return format_html_join("", "{}", ((piece,) for piece in pieces))


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response

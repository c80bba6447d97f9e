"""
The log's public files: checkpoint, verifier key and tiles, as C2SP tlog-tiles lays them out; and a
page on which anyone checks a proof.

They hold hashes and sizes alone, and salts keep hashes from being guessed, so anyone may fetch
them and watch that the log only grows. Entries are never served here. Source: C2SP tlog-tiles.
"""

from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from audit import shelf, signing, tiles, verify_log
from audit.merkle import HASH_BYTES

_NEVER_CHANGES = "public, max-age=31536000, immutable"
_CHANGES_SOON = "public, max-age=5"
_VERIFIER = Path(verify_log.__file__)


@require_safe
def show_page(request: HttpRequest) -> HttpResponse:
    """Show how to check the log; a proof is checked in the browser and not sent."""
    newest = shelf.newest_noted()
    shown = {"vkey": signing.vkey(), "note": newest.note if newest else ""}
    return render(request, "log_files.html", shown)


@require_safe
def download_verifier(request: HttpRequest) -> HttpResponse:
    """Hand out the program that checks the log's files alone."""
    answer = _public(_VERIFIER.read_bytes(), "text/x-python; charset=utf-8", _CHANGES_SOON)
    answer["Content-Disposition"] = 'attachment; filename="verify_log.py"'
    return answer


@require_safe
def show_checkpoint(request: HttpRequest) -> HttpResponse:
    """Serve the newest checkpoint with the signatures under it; 404 before the first entry."""
    newest = shelf.newest_noted()
    if newest is None:
        return HttpResponseNotFound()
    return _public(newest.note.encode(), "text/plain; charset=utf-8", _CHANGES_SOON)


@require_safe
def show_vkey(request: HttpRequest) -> HttpResponse:
    """Serve the key that checkpoints are verified with."""
    return _public(f"{signing.vkey()}\n".encode(), "text/plain; charset=utf-8", _CHANGES_SOON)


@require_safe
def show_tile(request: HttpRequest, place: str) -> HttpResponse:
    """Serve a tile, whole or as far as a partial one was asked for; 404 for any other path."""
    named = tiles.parse_resource(f"tile/{place}")
    data = shelf.read_tiles([named[0]]).get(named[0], b"") if named else b""
    if named is None or len(data) < named[1] * HASH_BYTES:
        return HttpResponseNotFound()
    return _public(data[: named[1] * HASH_BYTES], "application/octet-stream", _NEVER_CHANGES)


def _public(content: bytes, media_type: str, caching: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type=media_type,
        headers={"Cache-Control": caching, "Access-Control-Allow-Origin": "*"},
    )


urlpatterns: list[URLPattern] = [
    path("", show_page, name="log"),
    path("verify_log.py", download_verifier, name="log_verifier"),
    path("checkpoint", show_checkpoint, name="log_checkpoint"),
    path("vkey", show_vkey, name="log_vkey"),
    path("tile/<path:place>", show_tile, name="log_tile"),
]

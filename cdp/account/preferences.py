"""Language and theme: a cookie for everybody, kept with the operator if one is signed in."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from cdp.account.onward import safe
from cdp.accounts.models import Operator

YEAR_SECONDS = 365 * 24 * 3600
THEMES = ("system", "light", "dark")


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the language in a cookie, and with the operator if one is signed in."""
    language = request.POST.get("language", "")
    answer = _back(request)
    if language in dict(settings.LANGUAGES):
        _remember(answer, settings.LANGUAGE_COOKIE_NAME, language)
        _keep(request, language=language)
    return answer


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Keep the theme in a cookie, and with the operator if one is signed in."""
    theme = request.POST.get("theme", "")
    answer = _back(request)
    if theme in THEMES:
        _remember(answer, settings.THEME_COOKIE_NAME, theme)
        _keep(request, theme=theme)
    return answer


def bring_along(answer: HttpResponse, operator: Operator) -> None:
    """Give this browser the language and the theme that the operator chose in another."""
    if operator.language:
        _remember(answer, settings.LANGUAGE_COOKIE_NAME, operator.language)
    if operator.theme:
        _remember(answer, settings.THEME_COOKIE_NAME, operator.theme)


def _keep(request: HttpRequest, **chosen: str) -> None:
    if request.user.is_authenticated:
        Operator.objects.filter(pk=request.user.pk).update(**chosen)


def _remember(answer: HttpResponse, name: str, value: str) -> None:
    answer.set_cookie(
        name,
        value,
        max_age=YEAR_SECONDS,
        path="/",
        secure=settings.SECURE,
        httponly=True,
        samesite="Lax",
    )


def _back(request: HttpRequest) -> HttpResponseRedirect:
    return HttpResponseRedirect(safe(request, request.POST.get("next")) or "/")

"""Is the process alive, and is everything behind it there?"""

import redis
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from cdp.kernel import database, valkey
from cdp.kernel.errors import CdpError
from consent import boot
from profiles.events import log


@require_safe
def healthz(_: HttpRequest) -> HttpResponse:
    """Answer as long as the process does."""
    return JsonResponse({"status": "alive"})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when database, roles and Valkey are as they must be, else 503 with the reason."""
    problems: dict[str, str] = {}
    facts: dict[str, int] = {}
    try:
        with database.cursor() as sql:
            sql.execute("SHOW transaction_read_only")
            if sql.fetchone() == ("on",):
                problems["database"] = "PostgreSQL takes no writes: a standby, or a full disk."
        boot.check_role()
        facts["journal_pending"] = log.journal_pending()
    except DatabaseError:
        problems["database"] = "PostgreSQL does not answer. Start it, or run: manage.py doctor"
    except CdpError as refusal:
        problems["role"] = str(refusal)
    try:
        valkey.live().ping()
    except redis.RedisError:
        problems["valkey"] = "Valkey does not answer. Start it, or run: manage.py doctor"
    status = 503 if problems else 200
    return JsonResponse({"ready": not problems, **facts, **problems}, status=status)

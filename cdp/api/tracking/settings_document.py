"""What analytics.js asks for before it starts. Source: interop reference, part 1.7."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from profiles.sources import find


@require_safe
def show(request: HttpRequest, write_key: str) -> HttpResponse:
    """GET /v1/projects/<write key>/settings"""
    if find.by_write_key(write_key) is None:
        response = HttpResponse("Unknown write key.", status=404, content_type="text/plain")
    else:
        address = urlsplit(settings.PUBLIC_URL)
        response = JsonResponse(
            {
                "integrations": {
                    "Segment.io": {
                        "apiKey": write_key,
                        "apiHost": f"{address.netloc}/v1",
                        "protocol": address.scheme,
                        "deliveryStrategy": {
                            "strategy": "batching",
                            "config": {"size": 10, "timeout": 5000},
                        },
                    }
                },
                "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}},
                "edgeFunction": {},
                # without this line the library reports visits to its maker
                "metrics": {"sampleRate": 0},
                "legacyVideoPluginsEnabled": False,
                "remotePlugins": [],
            }
        )
        response["Cache-Control"] = "public, max-age=300"
    response["Access-Control-Allow-Origin"] = "*"
    return response

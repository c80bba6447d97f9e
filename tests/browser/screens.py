"""
Every screen that can be opened, taken from the addresses themselves.

A new address must be put into one of the tables here, or `test_no_address_is_forgotten` fails.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from django.urls import URLPattern, reverse

from cdp.console import profiles
from cdp.console.urls import urlpatterns as console
from cdp.portal.urls import urlpatterns as portal

Who = Literal["operator", "customer", "nobody"]


@dataclass(frozen=True, slots=True)
class Places:
    """Ids and names of single things that have a screen of their own."""

    segment_id: str
    subject: str
    draft: str
    sent: str
    run_id: str
    index: str
    explanation_id: str
    token: str
    name: str
    approval_id: str
    export_id: str
    source: str
    operator: str
    key: str
    alert_id: str


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen: its address or the name of it, who opens it, and what fills the address."""

    route: str
    who: Who
    filled: tuple[tuple[str, str], ...] = ()  # parameter → field of Places, or "=value"
    query: str = ""
    status: int = 200

    def path(self, places: Places) -> str:
        """Return the address of this screen."""
        if self.route.startswith("/"):
            return self.route.format_map(asdict(places))
        return reverse(self.route, kwargs=self._arguments(places)) + self.query

    def _arguments(self, places: Places) -> dict[str, str]:
        return {
            name: value[1:] if value.startswith("=") else getattr(places, value)
            for name, value in self.filled
        }

    def __str__(self) -> str:
        details = [value.lstrip("=") for name, value in self.filled if name != value]
        return " ".join([self.route, *details, self.query]).strip()


# Answers to a POST alone; asking with GET is refused or leads back.
ACTS = {
    "console:profile_find", "console:segment_count", "console:segment_refresh",
    "console:segment_archive", "console:campaign_launch", "console:campaign_reach",
    "console:campaign_preview", "console:campaign_act", "console:scoring_start",
    "console:audit_reasons", "console:audit_find", "console:audit_check", "console:audit_export",
    "console:audit_detail", "console:notification", "console:notifications_read",
    "console:job_cancel", "console:source_keys", "console:source_key_rotation",
    "console:source_key_revocation", "console:member_role", "console:member_role_approval",
    "console:member_second_step", "console:member_link", "console:member_access",
    "console:campaign_approval", "console:approval_approve", "console:approval_reject",
    "console:approval_withdraw", "console:export_approval", "console:export_start",
    "console:export_file", "console:keys_rewrap", "console:key_rotation", "console:key_approval",
    "console:key_end", "console:api_key_rotation", "console:api_key_revocation",
    "console:ask_for_access", "portal:signout", "portal:stop",
    "portal:restore", "portal:category", "portal:permission", "portal:reveal",
}  # fmt: skip
# Parts of a page that arrive while one waits; the tests of the page see them.
PARTS = {
    "console:segment_count_result",
    "console:campaign_reach_result",
    "console:campaign_preview_result",
    "console:audit_check_result",
}
FILES = {"console:audit_proof", "console:audit_verifier", "portal:proof"}
BEFORE_SIGN_IN = {"portal:signin", "portal:enter"}

# What fills an address beyond the fields of the same name; each line is one more screen.
FILLED: dict[str, tuple[tuple[tuple[str, str], ...], ...]] = {
    "console:campaign": ((("campaign_id", "draft"),), (("campaign_id", "sent"),)),
    "console:profile_tab": tuple(
        (("subject", "subject"), ("tab", f"={tab}")) for tab in profiles.TABS
    ),
}
QUERIES = {
    "console:profile": ("", "?for=profiling.segmentation"),
    "console:audit": ("", "?act=vault.open&object=fields:&who=op"),
    "console:notifications": ("", "?show=unread"),
    "portal:history": ("", "?who=people"),
}
OUTSIDE = (
    Screen("account:signin", "nobody"),
    Screen("account:page", "operator"),
    Screen("account:set_up", "operator"),
    Screen("account:confirm", "operator"),
    Screen("unsubscribe", "nobody", (("token", "token"),)),
    Screen("/demo/mailbox/", "nobody"),
    Screen("/demo/mailbox/{name}/", "nobody"),
    Screen("api:docs", "nobody"),
    Screen("log", "nobody"),
    Screen("/nowhere/", "nobody", status=404),
)


def routes() -> Iterator[tuple[str, URLPattern]]:
    """Return every address of console and portal with its full name."""
    for area, patterns in (("console", console), ("portal", portal)):
        for pattern in patterns:
            yield f"{area}:{pattern.name}", pattern


def screens() -> list[Screen]:
    """Return every screen in the order of the addresses."""
    found = []
    for route, pattern in routes():
        if route in ACTS | PARTS | FILES:
            continue
        who: Who = "customer" if route.startswith("portal:") else "operator"
        names = pattern.pattern.regex.groupindex
        plain = tuple((name, name) for name in names)
        for filled in FILLED.get(route, (plain,)):
            for query in QUERIES.get(route, ("",)):
                reader: Who = "nobody" if route in BEFORE_SIGN_IN else who
                found.append(Screen(route, reader, filled, query))
    return [*found, *OUTSIDE]


def addresses(wanted: set[str], places: Places) -> list[tuple[str, str]]:
    """Return route and address of each of the wanted routes, filled with things that are there."""
    given = {
        "segment_id": places.segment_id, "campaign_id": places.draft, "run_id": places.run_id,
        "subject": places.subject, "index": places.index, "tab": "timeline", "act": "pause",
        "model": "rfm", "purpose": "marketing.email", "name": "purchase",
        "approval_id": places.approval_id, "export_id": places.export_id, "use": "kek",
        "key_id": "1", "ending": "retirement",
        "explanation_id": places.explanation_id, "source": places.source,
        "operator": places.operator, "key": places.key, "role": "viewer",
        "alert_id": places.alert_id, "notification_id": places.run_id,
    }  # fmt: skip
    return [
        (route, reverse(route, kwargs={name: given[name] for name in names}))
        for route, pattern in routes()
        if route in wanted
        for names in [pattern.pattern.regex.groupindex]
    ]

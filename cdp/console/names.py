"""How actors, jobs and purposes are called on screens, in the reader's language."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from cdp.accounts.models import ApiKey, Operator
from cdp.templatetags.display import short_id
from consent import purposes
from consent.catalog import BY_KEY

Text = str | Promise

JOBS: Mapping[str, Text] = {
    "refresh_segment": _("Segment refresh"),
    "count_rule": _("Count of a rule"),
    "compute_traits": _("Traits"),
    "train_coupon_response": _("Training: coupon response"),
    "score_coupon_response": _("Scoring: coupon response"),
    "train_rfm": _("Cut points: recency, frequency, money"),
    "score_rfm": _("Scoring: recency, frequency, money"),
    "count-reach": _("Count of a campaign's reach"),
    "preview-message": _("Preview of a message"),
    "send-campaign": _("Campaign send"),
    "export_events": _("Export of events"),
    "count_export": _("Count of an export"),
    "write_export": _("Export of a segment"),
    "audit.verify": _("Check of the audit log"),
    "keys.rotate": _("New key"),
    "keys.rewrap": _("Data keys wrapped anew"),
    "keys.rewrap_by_hand": _("Data keys wrapped anew"),
    "keys.retire": _("Retirement of a key"),
    "keys.destroy": _("Destruction of a key"),
}

# Events that every shop has, in words; others keep the name that their source gave them.
EVENTS: Mapping[str, Text] = {
    "identify": _("Details stated"),
    "page": _("Page seen"),
    "screen": _("Screen seen"),
    "Order Completed": _("Order"),
    "Coupon Redeemed": _("Coupon redeemed"),
    "Campaign Received": _("Campaign received"),
    "Segment Consent Preference Updated": _("Permissions stated"),
    "Email Sent": _("E-mail sent"),
    "Email Link Clicked": _("Link in an e-mail followed"),
    "Unsubscribed": _("Unsubscribed"),
}

PHASES: Mapping[str, Text] = {
    "audience": _("choosing the audience"),
    "sending": _("sending"),
    "compute": _("computing"),
    "score": _("scoring"),
    "read": _("reading"),
    "learn": _("learning"),
    "keep": _("storing"),
    "rewrap": _("wrapping"),
}

# What a job run was asked for and what it came to, by the key it is kept under.
FACTS: Mapping[str, Text] = {
    "name": _("Name"),
    "segment_id": _("Segment"),
    "campaign": _("Campaign"),
    "template": _("Template"),
    "purpose": _("Purpose"),
    "purpose_key": _("Purpose"),
    "rule": _("Rule"),
    "model": _("Model"),
    "mapping": _("Mapping"),
    "group": _("Group"),
    "as_of": _("As of"),
    "number": _("Version"),
    "is_live": _("Goes live"),
    "size": _("Size"),
    "entered": _("Entered"),
    "left": _("Left"),
    "moved": _("Moved"),
    "unreadable": _("Unreadable"),
    "key_id": _("Key"),
    "use": _("Use"),
    "refused": _("Refused"),
    "population": _("Profiles"),
    "match": _("Match the rule"),
    "unknown": _("Unknown"),
    "consented": _("Permit it"),
    "reachable": _("Have an address"),
    "members": _("In the segment"),
    "permitted": _("Permit it"),
    "addressable": _("Have an address"),
    "audience": _("Audience"),
    "remaining": _("Remaining"),
    "queued": _("Queued"),
    "sent": _("Sent"),
    "skipped": _("Skipped"),
    "people": _("People"),
    "events": _("Events"),
    "written": _("Written"),
    "removed": _("Removed"),
    "cuts": _("Cut points"),
    "scored": _("Scored"),
}


def job(kind: str) -> str:
    """Return the title of a kind of job; one that has no title yet shows as itself."""
    return str(JOBS.get(kind, kind))


def purpose(key: str) -> str:
    """Return a purpose's name; a key that the catalogue no longer lists shows as itself."""
    return purposes.label(key, get_language() or "en").name if key in BY_KEY else key


def phase(key: str) -> str:
    """Return what a running job is at; an unlisted phase shows as its own word."""
    return str(PHASES.get(key, key))


def fact(key: str) -> str:
    """Return the name of a job run's parameter or result; an unlisted one shows as its key."""
    return str(FACTS.get(key, key.replace("_", " ")))


@dataclass(frozen=True, slots=True)
class ActorNames:
    """Names of the actors on one page, found in two queries."""

    operators: Mapping[str, str]
    keys: Mapping[str, str]

    def of(self, actor: str) -> str:
        """Return the name of an actor written `kind:name`."""
        kind, _colon, name = actor.partition(":")
        match kind:
            case "op":
                return self.operators.get(name, gettext("a former operator"))
            case "key":
                called = self.keys.get(name, short_id(name))
                return gettext("API key %(name)s") % {"name": called}
            case "job":
                return gettext("job: %(title)s") % {"title": job(name.partition("/")[0])}
            case "cust":
                return gettext("customer")
            case "sys":
                return gettext("system: %(part)s") % {"part": name}
            case "db":
                return gettext("database login %(name)s") % {"name": name}
            case _:
                return actor


def actors(texts: Collection[str]) -> ActorNames:
    """Look up the operators and API keys among actors written `kind:name`."""
    return ActorNames(
        operators=dict(_named(Operator, _ids(texts, "op"))),
        keys=dict(_named(ApiKey, _ids(texts, "key"))),
    )


def _ids(texts: Collection[str], kind: str) -> set[UUID]:
    ids = set()
    for text in texts:
        found, _colon, name = text.partition(":")
        if found == kind:
            try:
                ids.add(UUID(name))
            except ValueError:
                continue
    return ids


def _named(model: type[Operator] | type[ApiKey], ids: Collection[UUID]) -> list[tuple[str, str]]:
    if not ids:
        return []
    rows = model.objects.filter(pk__in=ids).values_list("pk", "name")
    return [(str(pk), name) for pk, name in rows]


def event(name: str) -> Text:
    """Return an event's name in words; one that its source named itself stays as it is."""
    return EVENTS.get(name, name)


def entries(number: int) -> str:
    """Return how many things a list holds, in words."""
    return ngettext("%(n)d entry", "%(n)d entries", number) % {"n": number}

"""What the ledgers say about a person, in an operator's words. Pure but for gettext."""

from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cdp.console import names

# Why a purpose is off, by the code of the fold.
REASONS: Mapping[str, names.Text] = {
    "no_decision": _("not asked yet"),
    "refused": _("refused"),
    "withdrawn": _("withdrawn"),
    "objected": _("objected"),
    "revoked": _("revoked"),
    "invalidated": _("invalidated"),
    "expired": _("expired"),
    "notice_outdated": _("the notice has changed since"),
    "age": _("under 16, or age unknown"),
    "gpc": _("opt-out signal of the browser"),
    "channel_suppressed": _("the address must not be used"),
    "channel_unverified": _("the address is not confirmed"),
    "category_refused": _("a kind of data was refused"),
    "restricted": _("processing is restricted"),
    "erased": _("erased"),
    "closed": _("not in use"),
    "not_in_use": _("not in use"),
}

# How a statement was made.
METHODS: Mapping[str, names.Text] = {
    "button": _("switch in the portal"),
    "save": _("everything stopped at once"),
    "one_click": _("link in a message"),
    "event": _("event of a source"),
    "api": _("management API"),
}

# What was done with the data, by the act of a use.
USES: Mapping[str, names.Text] = {
    "read": _("read the data"),
    "read_own": _("looked at their own data"),
    "reveal_own": _("opened a contact detail of their own"),
    "change_permission": _("changed a permission"),
    "unsubscribe": _("unsubscribed"),
    "send_sign_in_link": _("sent a sign-in link"),
    "measure_population": _("counted everybody"),
    "compute_traits": _("computed traits"),
    "remove_stale_traits": _("removed outdated traits"),
    "refresh_segment": _("refreshed a segment"),
    "count_rule": _("counted a rule"),
    "count_reach": _("counted whom a message could reach"),
    "explain_rule": _("explained a rule"),
    "score": _("computed a score"),
    "remove_stale_scores": _("removed outdated scores"),
    "train": _("trained a model"),
    "campaign.choose": _("chose the audience"),
    "campaign.count": _("counted for a campaign"),
    "export": _("exported the data in a file"),
    "export.count": _("counted for an export"),
    "campaign.send": _("prepared a message"),
    "campaign.hand_over": _("handed messages over"),
    "message.preview": _("previewed a message, masked"),
    "reveal_contact": _("opened a contact detail"),
    "show_contact": _("saw contact details, masked"),
    "show_contacts": _("saw contact details, masked"),
    "show_identifiers": _("saw the identifiers"),
    "find_profile": _("looked for a person"),
    "list_profiles": _("listed profiles"),
    "list_members": _("listed members of a segment"),
    "list_favorites": _("listed favorites of all together"),
    "list_scores": _("listed scores"),
    "show_profile": _("saw the profile"),
    "show_timeline": _("saw the timeline"),
    "show_traits": _("saw the traits"),
    "show_scores": _("saw the scores"),
    "show_segments": _("saw the segments"),
    "show_messages": _("saw the messages"),
    "show_permissions": _("saw the permissions"),
    "show_uses": _("saw who used the data"),
    "count_scores": _("counted scores"),
    "count_events": _("counted events"),
    "export_events": _("exported events"),
}


def reason(code: str) -> str:
    """Return why a purpose is off; an unlisted code shows as it is."""
    kind, _colon, needed = code.partition(":")
    if kind == "requires":
        return gettext("needs “%(purpose)s”") % {"purpose": names.purpose(needed)}
    return str(REASONS.get(kind, code))


def method(code: str) -> str:
    """Return how something was said; an unlisted way shows as it is."""
    return str(METHODS.get(code, code))


def use(act: str) -> str:
    """Return what a use did; an unlisted act shows as it is."""
    return str(USES.get(act, act))

"""Plain words for the record: categories, acts, reasons, actors. Pure but for gettext."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from audit.actors import Actor
from cdp.kernel.protected import Category
from consent.catalog import Basis

Words = str | Promise

CATEGORIES: dict[Category, Words] = {
    Category.IDENTITY: _("Your record and its numbers"),
    Category.CONTACT: _("Contact details"),
    Category.PURCHASE: _("Orders and coupons"),
    Category.BROWSING: _("Visits"),
    Category.LOCATION: _("Location"),
    Category.DEVICE: _("Devices"),
    Category.SOCIAL: _("Social networks"),
    Category.DEMOGRAPHIC: _("Household facts"),
    Category.INFERRED: _("Worked out by us"),
    Category.MESSAGE: _("Messages"),
    Category.SEGMENT: _("Groups"),
}

TABLES: dict[str, Words] = {
    "kernel_origin": _("record number"),
    "profiles_profile": _("customer record"),
    "profiles_identifier": _("identifiers, as one-way codes"),
    "profiles_merge": _("joins of double records"),
    "profiles_vaultvalue": _("sealed values"),
    "profiles_event": _("events"),
    "profiles_purchase": _("lines of orders"),
    "profiles_declaredtrait": _("stated facts"),
    "profiles_computedtrait": _("computed facts"),
    "profiles_membership": _("groups you are in"),
    "profiles_score": _("scores"),
    "campaigns_delivery": _("messages to you"),
}

# Why a purpose is off, by the code of the fold.
REASONS: dict[str, Words] = {
    "no_decision": _("Off: you have not been asked yet."),
    "refused": _("Off: you said no."),
    "withdrawn": _("Off: you stopped it."),
    "objected": _("Off: you objected."),
    "revoked": _("Off: we ended it."),
    "invalidated": _("Off: the record of your yes was not good enough."),
    "notice_outdated": _("Off: the text has changed since you said yes."),
    "expired": _("Off: your yes has run out."),
    "age": _("Off: this stays off for anyone under 16, or whose age we do not know."),
    "gpc": _("Off: your browser's opt-out signal is honored."),
    "channel_suppressed": _("Off: this address must not be written to."),
    "channel_unverified": _("Off: the address has not been confirmed."),
    "restricted": _("Off: all use of your data is stopped."),
    "erased": _("Off: your data was erased."),
    "closed": _("Not in use."),
    "not_in_use": _("Not in use."),
}

# Why a purpose has no switch, by its legal basis.
BASES: dict[str, Words] = {
    Basis.CONSENT: _("We use it only with your yes."),
    Basis.CONTRACT: _("Needed for what you order or ask from us, so it has no switch."),
    Basis.LEGAL_DUTY: _("The law demands it, so it has no switch."),
    Basis.LEGITIMATE_INTEREST: _("In our interest as a shop. To object, write to us."),
}

# One sentence per act of the audit log, whoever did it.
ACTS: dict[str, Words] = {
    "vault.open": _("Contact details of yours were opened."),
    "audit.open": _("The details of an entry about you were opened."),
    "event.open": _("The sealed part of your events was opened."),
    "consent.grant": _("A purpose was switched on."),
    "consent.withdraw": _("A purpose was switched off."),
    "consent.refuse": _("A no to a purpose was noted."),
    "consent.request": _("You were asked to confirm a purpose."),
    "consent.expire": _("A permission of yours ran out."),
    "consent.allow_category": _("A kind of data was allowed again."),
    "consent.refuse_category": _("The use of a kind of data was stopped."),
    "customer.sign_in": _("You signed in here."),
    "profile.find": _("You were looked up."),
    "profile.show_uses": _("The uses of your data were looked at."),
    "vault.unreadable": _("A contact detail of yours could not be opened."),
    "profile.erase": _("Your data was erased."),
    "profile.export": _("You are in a file that was made for somebody outside."),
    "profile.merge": _("Two records of yours became one."),
}

_CHANGES: dict[str, Words] = {
    "insert": _("Added to your data: %(what)s."),
    "update": _("Changed in your data: %(what)s."),
    "delete": _("Removed from your data: %(what)s."),
}

# What was done with data, by the act of a data use.
USES: dict[str, Words] = {
    "read": _("Your data was read"),
    "read_own": _("You looked at your own data"),
    "reveal_own": _("You opened a contact detail of yours"),
    "change_permission": _("You changed what you allow"),
    "unsubscribe": _("You unsubscribed"),
    "send_sign_in_link": _("A sign-in link was sent to you"),
    "measure_population": _("All customers were counted together"),
    "compute_traits": _("Facts about you were worked out from your orders"),
    "remove_stale_traits": _("Outdated facts about you were removed"),
    "refresh_segment": _("Your orders and facts were checked, to see which groups you are in"),
    "count_rule": _("People were counted for a possible group"),
    "count_reach": _("People were counted who could be reached"),
    "explain_rule": _("It was checked why you are in a group or not"),
    "score": _("Your orders were used to estimate what you may do next"),
    "remove_stale_scores": _("Outdated estimates about you were removed"),
    "train": _("Past orders were used to teach a model"),
    "campaign.choose": _("It was chosen who gets a message"),
    "campaign.count": _("People were counted for a message"),
    "campaign.send": _("Your address was used to prepare a message"),
    "campaign.hand_over": _("Messages were handed over for delivery"),
    "message.preview": _("Your data was used, masked, to preview a message"),
    "reveal_contact": _("A contact detail of yours was opened"),
    "show_contact": _("Your contact details were shown, masked"),
    "show_contacts": _("Your contact details were shown, masked"),
    "show_identifiers": _("Your identifiers were shown, as one-way codes"),
    "find_profile": _("You were looked up"),
    "list_profiles": _("Your record appeared in a list"),
    "list_members": _("Your record appeared in a list of a group"),
    "list_favorites": _("Favorites were listed for all together"),
    "list_scores": _("Your record appeared in a list of estimates"),
    "show_profile": _("Your record was shown"),
    "show_timeline": _("What you did was shown"),
    "show_traits": _("Facts about you were shown"),
    "show_scores": _("Estimates about you were shown"),
    "show_segments": _("Your groups were shown"),
    "show_messages": _("Messages to you were shown"),
    "show_permissions": _("What you allow was shown"),
    "show_uses": _("The uses of your data were shown"),
    "count_scores": _("Estimates were counted for all together"),
    "count_events": _("Events were counted for all together"),
    "erase": _("Your data was erased"),
    "erase.plan": _("It was counted what erasing your data would take away"),
    "export": _("Your data was put into a file for somebody outside"),
    "export.count": _("People were counted for a file"),
    "export_events": _("What you did was exported"),
    "relay_grant": _("A yes of yours was passed on to us"),
    "relay_withdrawal": _("A no of yours was passed on to us"),
}

_ACTORS: dict[str, Words] = {
    "op": _("our staff"),
    "cust": _("you"),
    "key": _("a connected system of ours"),
    "job": _("our computers"),
    "sys": _("our computers"),
    "db": _("our database administration"),
}


def act(name: str) -> Words:
    """Return the sentence for one act of the log; row changes are named by their table."""
    if name in ACTS:
        return ACTS[name]
    table, _dot, verb = name.rpartition(".")
    if verb in _CHANGES:
        return str(_CHANGES[verb]) % {"what": TABLES.get(table, table.replace("_", " "))}
    return name.replace(".", " ").replace("_", " ")


def use(name: str) -> Words:
    """Return the beginning of the sentence for one data use."""
    return USES.get(name, str(_("Your data was used")))


def exported(recipient: str) -> Words:
    """Return the beginning of the sentence for an export whose recipient is known."""
    return str(_("Your data was put into a file for %(recipient)s")) % {"recipient": recipient}


def doer(actor: Actor | str) -> Words:
    """Return who acted, without naming an operator."""
    kind = (Actor.parse(actor) if isinstance(actor, str) else actor).kind
    return _ACTORS.get(kind, _ACTORS["sys"])


def is_machine(actor: Actor | str) -> bool:
    """Return whether a machine acted, not a person."""
    kind = (Actor.parse(actor) if isinstance(actor, str) else actor).kind
    return kind not in ("op", "cust")


def reason(code: str) -> Words:
    """Return why a purpose is off; an unlisted code says only that it is."""
    name = code.partition(":")[0]
    if name == "requires":
        return _("Off, because it needs another permission that is off.")
    if name == "category_refused":
        return _("Off, because you stopped the use of this kind of data.")
    return REASONS.get(name, _("Off."))


def said(texts: Mapping[str, str]) -> str:
    """Return the text in the reader's language, English where it is missing."""
    return texts.get(get_language() or "en") or texts.get("en", "")

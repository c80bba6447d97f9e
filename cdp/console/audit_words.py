"""The audit log in words: what an act did, to what, as one sentence. Pure but for gettext."""

from collections.abc import Mapping

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from cdp.console.names import Text
from profiles.vault.fields import FIELDS

READING = "vault.open"  # its object names the fields

# What an act did, in words that follow who did it.
ACTS: Mapping[str, Text] = {
    "audit.read": _("read the audit log"),
    "audit.open": _("opened sealed details of entries"),
    "audit.prove": _("took a proof from the audit log"),
    "audit.verify": _("asked for a check of the whole log"),
    "log.export": _("exported the audit log"),
    "log.forget": _("dropped the details of old entries"),
    "log.check": _("checked the whole log"),
    "log.new_origin": _("went on under a new name of the log"),
    "alert.create": _("made an alert"),
    "alert.edit": _("changed an alert"),
    "alert.hit": _("raised an alert"),
    "vault.open": _("opened personal values"),
    "vault.put": _("put personal values into the vault"),
    "vault.unreadable": _("could not open a personal value"),
    "profile.find": _("looked for a person"),
    "profile.merge": _("joined two records of one person"),
    "profile.export": _("put a person's data into an export"),
    "profile.erase": _("erased a person"),
    "profile.show_uses": _("looked at who used a person's data"),
    "erasure.finish": _("finished an erasure"),
    "suppression.lift": _("let somebody in again who had been erased"),
    "consent.grant": _("permitted a purpose"),
    "consent.refuse": _("refused a purpose"),
    "consent.withdraw": _("withdrew a purpose"),
    "consent.request": _("asked for a permission"),
    "consent.expire": _("a permission expired"),
    "consent.allow_category": _("allowed a kind of data"),
    "consent.refuse_category": _("refused a kind of data"),
    "segment.create": _("made a segment"),
    "segment.edit": _("changed a segment"),
    "segment.archive": _("archived a segment"),
    "template.create": _("wrote a message"),
    "campaign.create": _("made a campaign"),
    "campaign.edit": _("changed a campaign"),
    "campaign.launch": _("launched a campaign"),
    "campaign.hold": _("held a campaign back"),
    "campaign.pause": _("paused a campaign"),
    "campaign.resume": _("resumed a campaign"),
    "campaign.stop": _("stopped a campaign"),
    "export.plan": _("planned an export"),
    "export.start": _("started an export"),
    "export.finish": _("finished an export"),
    "export.fetch": _("downloaded an export"),
    "export.drop": _("dropped an export"),
    "export.expire": _("removed an export whose time was over"),
    "model.train": _("trained a model"),
    "model.promote": _("put a model version live"),
    "job.cancel": _("canceled a job"),
    "events.append": _("took in events"),
    "approval.asked": _("asked for an approval"),
    "approval.approved": _("approved what somebody asked for"),
    "approval.rejected": _("rejected what somebody asked for"),
    "approval.withdrawn": _("withdrew what they had asked for"),
    "approval.superseded": _("asked anew, so the former approval ended"),
    "approval.expired": _("let an approval run out"),
    "approval.used": _("used an approval"),
    "operator.sign_in": _("signed in"),
    "operator.sign_in_refused": _("was refused at the sign-in"),
    "operator.sign_out": _("signed out"),
    "operator.session_ended": _("ended a sign-in"),
    "operator.session_over": _("reached the end of a sign-in"),
    "operator.confirmed": _("proved again who they are"),
    "operator.proof_refused": _("failed to prove again who they are"),
    "operator.locked": _("was locked out after too many tries"),
    "operator.password_changed": _("changed their password"),
    "operator.two_step_added": _("added a second step to their sign-in"),
    "operator.two_step_removed": _("removed a second step from their sign-in"),
    "operator.recovery_codes_made": _("made new recovery codes"),
    "operator.invited": _("invited an operator"),
    "operator.joined": _("joined the team"),
    "operator.link_renewed": _("renewed an invitation"),
    "operator.role_granted": _("granted an operator a role"),
    "operator.role_taken": _("took a role from an operator"),
    "operator.two_step_taken_off": _("took an operator's second step off"),
    "operator.access_ended": _("ended an operator's access"),
    "operator.access_asked": _("asked the owners for a permission"),
    "customer.sign_in": _("signed in to their own pages"),
    "api_key.issued": _("issued an API key"),
    "api_key.rotated": _("replaced an API key"),
    "api_key.revoked": _("revoked an API key"),
    "write_key.made": _("made a write key"),
    "write_key.rotated": _("replaced a write key"),
    "write_key.revoked": _("revoked a write key"),
    "key.ask": _("asked for a change of keys"),
    "key.rotate": _("rotated a key"),
    "key.rewrap": _("wrapped data keys anew"),
    "key.retire": _("retired a key"),
    "key.destroy": _("destroyed a key"),
}
# What the database itself writes about changed rows: `<table>.<change>`.
CHANGES: Mapping[str, Text] = {
    "insert": _("added a row: %(thing)s"),
    "update": _("changed a row: %(thing)s"),
    "delete": _("removed a row: %(thing)s"),
    "bits": _("changed permissions of a row by hand: %(thing)s"),
}
TABLES: Mapping[str, Text] = {
    "kernel_workspace": _("settings of the workspace"),
    "kernel_key": _("key of the keyring"),
    "accounts_operator": _("operator"),
    "accounts_operatorrole": _("role of an operator"),
    "accounts_invitation": _("invitation"),
    "accounts_apikey": _("API key"),
    "mfa_authenticator": _("second step of a sign-in"),
    "approvals_approval": _("approval"),
    "audit_alert": _("alert"),
    "consent_purpose": _("purpose"),
    "consent_noticeversion": _("notice version"),
    "consent_assessment": _("assessment"),
    "consent_retentionrule": _("retention rule"),
    "profiles_source": _("source"),
    "profiles_writekey": _("write key"),
    "profiles_segment": _("segment"),
    "profiles_modelversion": _("model version"),
    "campaigns_template": _("message"),
    "campaigns_campaign": _("campaign"),
}
# Groups of acts to choose from: what they begin with, and their name.
GROUPS: Mapping[str, Text] = {
    "vault": _("Personal values"),
    "profile": _("Profiles"),
    "consent": _("Consent"),
    "segment": _("Segments"),
    "campaign": _("Campaigns"),
    "model": _("Models"),
    "job": _("Jobs"),
    "events": _("Events"),
    "operator": _("Operators"),
    "customer": _("Customers"),
    "approval": _("Approvals"),
    "api_key": _("API keys"),
    "write_key": _("Write keys"),
    "key": _("Keys"),
    "export": _("Exports"),
    "audit": _("Reading of the audit log"),
    "log": _("Checks of the audit log"),
    "alert": _("Alerts"),
}


def did(act: str, obj: str = "") -> str:
    """Return what an act did; one that is not listed shows as it was written."""
    kind, _colon, listed = obj.partition(":")
    if act == READING and listed:
        text = (
            gettext("saw masked %(fields)s") if kind == "masked" else gettext("opened %(fields)s")
        )
        return text % {"fields": fields(listed)}
    table, _point, change = act.rpartition(".")
    if act not in ACTS and change in CHANGES:
        return str(CHANGES[change]) % {"thing": TABLES.get(table, table)}
    return str(ACTS.get(act, act))


def group_or_act(act: str) -> str:
    """Return the name of a group of acts written `vault.`, or what a single act did."""
    kind = act.removesuffix(".")
    if act.endswith("."):
        return gettext("%(group)s: all") % {"group": GROUPS.get(kind, kind)}
    return did(act)


def fields(listed: str) -> str:
    """Return the names of vault fields written `email,phone`."""
    language = get_language() or "en"
    labels = [
        FIELDS[key].label.get(language, FIELDS[key].label["en"]) if key in FIELDS else key
        for key in listed.split(",")
    ]
    # Translators: between the members of a list
    return gettext(", ").join(labels)


def sentence(
    *,
    who: str,
    act: str,
    obj: str,
    thing: SafeString | str,
    about: SafeString | str,
    purpose: str,
    reason: str,
) -> SafeString:
    """Return one entry as a sentence; `thing` and `about` may be links, '' where there is none."""
    done: SafeString | str = did(act, obj)
    if thing:
        done = _filled(gettext("%(done)s: %(thing)s"), done=done, thing=thing)
    if about:
        of = (
            gettext("%(done)s of %(about)s")
            if act == READING
            else gettext("%(done)s, about %(about)s")
        )
        done = _filled(of, done=done, about=about)
    if purpose:
        done = _filled(gettext("%(done)s for %(purpose)s"), done=done, purpose=purpose)
    if reason:
        done = _filled(gettext("%(done)s · %(reason)s"), done=done, reason=reason)
    return _filled(gettext("%(who)s %(done)s"), who=format_html("<b>{}</b>", who), done=done)


def _filled(text: str, **parts: SafeString | str) -> SafeString:
    """Return a text with its places filled, what is not yet safe escaped."""
    return format_html(text % {name: f"{{{name}}}" for name in parts}, **parts)


# The alerts that a workspace begins with, by their name there.
ALERTS: Mapping[str, Text] = {
    "More than 50 reveals an hour by one operator": _(
        "More than 50 reveals an hour by one operator"
    ),
    "An export at night": _("An export at night"),
    "An operator's first reveal": _("An operator's first reveal"),
    "An operator's first export": _("An operator's first export"),
}


def alert_name(name: str) -> str:
    """Return how an alert is called; one that somebody named stays as it is."""
    return str(ALERTS.get(name, name))

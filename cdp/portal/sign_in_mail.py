"""
The worker's half of signing in: find out who asked, and send them the link.

The address comes from the vault, opened on the record; what was typed at the door is not kept.
An address that nobody has gets nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from audit.actors import Actor
from cdp.accounts import links, signin
from cdp.accounts.mail import MailNotSent, send_mail
from cdp.accounts.signin import Asked
from cdp.kernel import database, workspaces
from cdp.kernel.logging import logger
from cdp.kernel.models import Workspace
from consent.window import purpose
from profiles.vault import open as vault

FIELD = "email"


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of the requests that waited."""

    sent: int
    unknown: int
    failed: int


def send_waiting(*, actor: Actor) -> Sent:
    """
    Answer the waiting requests of the current workspace: one link to each known address.

    A message that the relay refused is counted and not tried again: the link lives ten minutes,
    and the page offers a new one.
    """
    asked = signin.take_waiting()
    if not asked:
        return Sent(0, 0, 0)
    with purpose("service", actor=actor) as use:
        subjects = _find({each.blind for each in asked})
        opened = vault.open(list(subjects.values()), [FIELD], actor=actor, reason="sign-in link")
        use.of(subjects.values())
        use.doing("send_sign_in_link")
    shop = Workspace.objects.values_list("name", flat=True).get(pk=workspaces.current().id)
    sent = failed = 0
    for each in asked:
        subject = subjects.get(each.blind)
        address = opened.get(subject, {}).get(FIELD) if subject else None
        if subject is None or address is None:
            continue
        way = links.make(subject_id=subject, blind=each.blind, browser=each.browser)
        try:
            _mail(address, way, each, shop=shop)
        except MailNotSent as failure:
            logger().warning("signin.mail_failed", code=failure.code)
            failed += 1
        else:
            sent += 1
    return Sent(sent=sent, unknown=len(asked) - sent - failed, failed=failed)


def _find(blinds: Collection[bytes]) -> dict[bytes, UUID]:
    """Return the current person behind each blind index that somebody has; identifiers first."""
    with database.cursor() as sql:
        sql.execute(
            """SELECT DISTINCT ON (found.blind) found.blind, o.subject_id
               FROM (SELECT blind, subject_id, 1 AS rank FROM profiles_identifier
                     WHERE kind = 'email' AND blind = ANY(%(blinds)s)
                     UNION ALL
                     SELECT blind, subject_id, 2 FROM profiles_vaultvalue
                     WHERE field = 'email' AND blind = ANY(%(blinds)s)) AS found
               JOIN kernel_origin o ON o.origin = found.subject_id
               ORDER BY found.blind, found.rank, o.subject_id""",
            {"blinds": list(blinds)},
        )
        return {bytes(blind): subject for blind, subject in sql.fetchall()}


def _mail(address: str, way: links.Way, asked: Asked, *, shop: str) -> None:
    with translation.override(asked.language):
        url = f"{settings.PUBLIC_URL}/my/enter/#{way.token}"
        subject = _("Your link to your data at %(shop)s") % {"shop": shop}
        text = _(
            "Open your data at %(shop)s:\n\n"
            "%(url)s\n\n"
            "The link works once, for ten minutes, in the browser where you asked for it.\n\n"
            "Or type this code there: %(code)s\n\n"
            "You did not ask for this? Ignore this message. Nobody gets in without it.\n"
        ) % {"shop": shop, "url": url, "code": f"{way.code[:4]}-{way.code[4:]}"}
        send_mail(to=address, subject=subject, text=text)

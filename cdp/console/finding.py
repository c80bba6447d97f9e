"""Find one person by a whole, exact value: through its blind index, on the record."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from audit.actors import Actor
from audit.inbox import record
from cdp.console.people import SUPPORT
from cdp.kernel import database
from consent.window import purpose
from profiles.vault import index

KINDS = (
    ("email", _("E-mail")),
    ("phone", _("Phone, with country code")),
    ("user_id", _("Customer number")),
)


def find(*, kind: str, value: str, reason: str, actor: Actor) -> UUID | None:
    """
    Return the person whom an exact value points to, None if customer care sees nobody.

    The search is an entry: about the person if one was found, else with its kind alone.

    :raises UnreadableEmail, UnreadablePhone, UnusableIdentifier: it cannot be normalized
    """
    blind = index.blind(kind, value)
    with purpose(SUPPORT, actor=actor) as using, database.cursor() as sql:
        sql.execute(
            """SELECT o.subject_id FROM profiles_identifier i
                 JOIN kernel_origin o ON o.origin = i.subject_id
                WHERE i.kind = %(kind)s AND i.blind = %(blind)s
                UNION
               SELECT o.subject_id FROM profiles_vaultvalue v
                 JOIN kernel_origin o ON o.origin = v.subject_id
                WHERE v.field = %(kind)s AND v.blind = %(blind)s
                LIMIT 1""",
            {"kind": kind, "blind": blind},
        )
        row = sql.fetchone()
        subject: UUID | None = row[0] if row else None
        detail: dict[str, str | int] = {"by": kind}
        if subject is None:
            using.doing("find_profile", people=0)
        else:
            using.of([subject])
            using.doing("find_profile")
            detail["reason"] = reason  # sealed under the person's own key
        record(actor, "profile.find", subject=subject, detail=detail)
    return subject

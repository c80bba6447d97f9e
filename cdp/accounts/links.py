"""
Single-use links and codes that let a customer in, bound to the browser that asked.

Only digests are stored. A link is used up by one UPDATE, so a second press finds nothing; another
browser is refused and leaves the link unused. The code is for browsers without JavaScript.
Source: OWASP ASVS 5.0 6.5 and 6.6; hardening reference, part 4.2.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from cdp.accounts.models import CustomerSession, SignInLink, SignInRequest
from cdp.accounts.signin import KEPT
from cdp.kernel import clock, crypto, database, keyring
from cdp.kernel.errors import CdpError
from cdp.kernel.keyring import Use

LIFETIME = timedelta(minutes=10)
MOST_TRIES = 5
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32 signs that are hard to mistake: 5 bits each
CODE_LENGTH = 8  # 40 bits


class SignInRefused(CdpError):
    """Parent of every reason for which a link or code does not let anyone in."""

    code = "sign_in_refused"


class LinkUnknown(SignInRefused):
    """No such link, or no link waits for this browser."""

    code = "sign_in_unknown"


class LinkUsed(SignInRefused):
    """The link or its code has been used, or a newer one replaced it."""

    code = "sign_in_used"


class LinkExpired(SignInRefused):
    """The link is older than ten minutes."""

    code = "sign_in_expired"


class OtherBrowser(SignInRefused):
    """The link was asked for in another browser; it stays unused."""

    code = "sign_in_other_browser"


class CodeWrong(SignInRefused):
    """The code is not the one in the message."""

    code = "sign_in_code_wrong"


class CodeLocked(SignInRefused):
    """Five wrong codes: the link is dead."""

    code = "sign_in_code_locked"


@dataclass(frozen=True, slots=True)
class Way:
    """What goes into the message: the link's token, and the code to type instead."""

    token: str
    code: str


def make(*, subject_id: UUID, blind: bytes, browser: bytes) -> Way:
    """Make a link for one customer and one browser; the only time token and code are seen."""
    token = secrets.token_urlsafe(32)
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    SignInLink.objects.create(
        subject_id=subject_id,
        blind=blind,
        token=crypto.token_digest(token),
        code=_code_digest(code, browser),
        browser=browser,
        expires_at=clock.now() + LIFETIME,
    )
    return Way(token=token, code=code)


def use_token(token: str, *, browser: bytes) -> UUID:
    """
    Use up the link of `token` and return whose it is; all other links of the address die.

    :raises OtherBrowser: asked for elsewhere; the link stays unused
    :raises LinkUsed: used before, or replaced
    :raises LinkExpired: older than ten minutes
    :raises CodeLocked: five wrong codes were typed
    :raises LinkUnknown: there is no such link
    """
    digest = crypto.token_digest(token)
    with database.atomic():
        subject = _consume("token = %s AND browser = %s", [digest, browser])
    if subject is None:
        raise _why_not(digest, browser)
    return subject


def use_code(code: str, *, browser: bytes) -> UUID:
    """
    Use up the newest link of this browser by its code and return whose it is.

    :raises LinkUnknown: no link waits for this browser
    :raises CodeWrong: not that code; five of them end the link
    :raises CodeLocked: those five are spent
    """
    digest = _code_digest(_as_typed(code), browser)
    with database.atomic():
        subject = _consume("browser = %s AND code = %s", [browser, digest])
    if subject is None:
        raise _count_wrong_code(browser)
    return subject


def _consume(which: str, values: list[bytes]) -> UUID | None:
    now = clock.now()
    with database.cursor() as sql:
        sql.execute(
            f"""UPDATE accounts_signinlink SET used_at = %s
                WHERE {which} AND used_at IS NULL AND expires_at > %s AND tries < %s
                RETURNING subject_id, blind""",
            [now, *values, now, MOST_TRIES],
        )
        row = sql.fetchone()
        if row is None:
            return None
        sql.execute(
            "UPDATE accounts_signinlink SET used_at = %s WHERE blind = %s AND used_at IS NULL",
            [now, row[1]],
        )
    subject: UUID = row[0]
    return subject


def _why_not(token: bytes, browser: bytes) -> SignInRefused:
    link = SignInLink.objects.filter(token=token).first()
    if link is None:
        return LinkUnknown("This link is not known here. Ask for a new one.")
    if bytes(link.browser) != browser:
        return OtherBrowser("Open the link in the browser in which you asked for it.")
    if link.used_at is not None:
        return LinkUsed("This link has been used. Ask for a new one.")
    if link.tries >= MOST_TRIES:
        return CodeLocked("Too many wrong codes. Ask for a new link.")
    return LinkExpired("This link is older than ten minutes. Ask for a new one.")


def _count_wrong_code(browser: bytes) -> SignInRefused:
    """Count a wrong code against every open link of the browser: each guess tries them all."""
    with database.cursor() as sql:
        sql.execute(
            """UPDATE accounts_signinlink SET tries = tries + 1
               WHERE browser = %s AND used_at IS NULL AND expires_at > %s AND tries < %s
               RETURNING tries""",
            [browser, clock.now(), MOST_TRIES],
        )
        tries = [row[0] for row in sql.fetchall()]
    if not tries:
        return LinkUnknown("No link waits for this browser. Ask for a new one.")
    if min(tries) >= MOST_TRIES:
        return CodeLocked("Too many wrong codes. Ask for a new link.")
    return CodeWrong("That is not the code in the message. Look again.")


def _as_typed(code: str) -> str:
    """Return the code as it was made: people type it small, spaced or with a dash."""
    return "".join(sign for sign in code.upper() if sign in ALPHABET)


def _code_digest(code: str, browser: bytes) -> bytes:
    """Return the keyed digest of a code: 40 bits alone could be guessed from a plain one."""
    secret = keyring.current().active(Use.TOKEN).material
    return crypto.keyed_digest(secret, crypto.lp("sign-in code", browser, code))


def forget_old() -> int:
    """Delete requests, links and sessions that ended a day ago; return how many rows went."""
    before = clock.now() - KEPT
    gone = 0
    for rows in (
        SignInRequest.objects.filter(created_at__lt=before),
        SignInLink.objects.filter(expires_at__lt=before),
        CustomerSession.objects.filter(expires_at__lt=before),
    ):
        gone += rows.delete()[0]
    return gone

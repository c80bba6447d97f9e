"""One mail to one person through the SMTP relay: sign-in links and other service messages."""

import smtplib
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr

from django.conf import settings

from cdp.kernel import clock, relay
from cdp.kernel.errors import CdpError

TIMEOUT_SECONDS = 10


class MailNotSent(CdpError):
    """The relay did not take the message; asking again may help."""

    code = "mail_not_sent"


def send_mail(*, to: str, subject: str, text: str) -> None:
    """
    Hand one plain-text message over to the relay.

    `to` and `text` are personal: they are written nowhere else.

    :raises MailNotSent: no relay, or it refused
    """
    message = EmailMessage()
    message["From"] = settings.SMTP_SENDER
    message["To"] = " ".join(to.split())
    message["Subject"] = " ".join(subject.split())
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = make_msgid(domain=_domain())
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    try:
        with relay.configured().connect(timeout_seconds=TIMEOUT_SECONDS) as smtp:
            smtp.send_message(message)
    except (smtplib.SMTPException, OSError):  # its text may quote the address
        raise MailNotSent("The mail relay did not take the message. Check CDP_SMTP_HOST.") from None


def _domain() -> str:
    return parseaddr(settings.SMTP_SENDER)[1].rpartition("@")[2] or "localhost"

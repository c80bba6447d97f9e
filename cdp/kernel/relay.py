"""
The way to the mail relay: by TLS where the settings say so, then with a login.

What the settings ask for is never left out: a relay that offers no TLS gets no login and no
message. Certificates are checked against the relay's name. Source: RFC 3207, RFC 8314.
"""

import smtplib
import ssl
from dataclasses import dataclass, field

from django.conf import settings

NONE, STARTTLS, TLS = "none", "starttls", "tls"
# the relay was reached and does not do what the settings ask for
UNFIT = (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError, ssl.SSLError)


@dataclass(frozen=True, slots=True)
class Relay:
    """A relay and how it is spoken to; `ca_file` names authorities instead of the usual ones."""

    host: str
    port: int
    security: str = NONE
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""

    def connect(self, *, timeout_seconds: float) -> smtplib.SMTP:
        """
        Return an open connection that has said hello, by TLS and logged in as the settings say.

        :raises OSError, smtplib.SMTPException: no connection; one of `UNFIT`, where it is the relay
            that refuses TLS or the login
        """
        if self.security == TLS:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=timeout_seconds, context=self._context()
            )
        else:
            smtp = smtplib.SMTP(self.host, self.port, timeout=timeout_seconds)
        try:
            smtp.ehlo_or_helo_if_needed()
            if self.security == STARTTLS:
                smtp.starttls(context=self._context())
                smtp.ehlo_or_helo_if_needed()
            if self.user:
                smtp.login(self.user, self.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


def configured() -> Relay:
    """Return the relay that the settings name."""
    return Relay(
        host=settings.SMTP_HOST,
        port=settings.SMTP_PORT,
        security=settings.SMTP_SECURITY,
        user=settings.SMTP_USER,
        password=settings.SMTP_PASSWORD,
        ca_file=settings.SMTP_CA_FILE,
    )

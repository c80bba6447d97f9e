"""
Operators' sessions in the database, their content sealed.

A row holds what a sign-in is in the middle of: the seed of an authenticator app that is being set
up, a form that waits for a fresh proof. Sealed and bound to its session's key, it says nothing to
who reads the table, and a row copied under another key opens nothing.
"""

import json
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from cdp.accounts import sealing


class SessionStore(DatabaseStore):
    """Django's database sessions, sealed; what does not open is an empty session."""

    def encode(self, session_dict: dict[str, Any]) -> str:
        """Return the session's content, sealed for its key."""
        text = json.dumps(session_dict, separators=(",", ":"))
        return sealing.seal(text, place=self._place())

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Return the content of a row."""
        text = session_data.decode() if isinstance(session_data, bytes) else session_data
        try:
            opened: dict[str, Any] = json.loads(sealing.unseal(text, place=self._place()))
        except sealing.SealBroken:
            return {}
        return opened

    def _place(self) -> str:
        return f"django_session.{self.session_key}"

"""
The secrets of one deployment, made once: the key ring and Django's secret key.

A key ring is made for an empty house only. Where data exists and its keys do not, a new ring would
hide the loss until somebody opens a value, so the launch stops instead.
"""

import secrets
from pathlib import Path

from cdp.kernel import clock, keyring
from cdp.kernel.keyring import KeyProvider, KeyringRefused
from cdp.runtime import private_files

SECRET_KEY_CHARACTERS = 64


def make_keyring(kept: KeyProvider, *, origin: str, has_data: bool) -> bool:
    """
    Make the key ring unless there is a good one; return whether it was made now.

    :raises KeyringRefused: it is unusable, or it is gone while data under its keys exists
    :raises KeyServiceAway: a key service has to wrap it and does not answer
    """
    if kept.exists():
        kept.load()
        return False
    if has_data:
        raise KeyringRefused(
            "No keyring is there, but there is data sealed under one. Restore keyring.json from "
            "its backup, or remove the var folder to begin anew."
        )
    keyring.create(kept, keyring.generate(origin=origin, at=clock.now()))
    return True


def settle_secrets(path: Path, *, valkey_url: str) -> None:
    """Write the secrets that settings read; the secret key stays, the address may move."""
    known = private_files.read_json(path)
    secret = known.get("secret_key") or secrets.token_urlsafe(SECRET_KEY_CHARACTERS)
    private_files.write_json(path, {"secret_key": secret, "valkey_url": valkey_url})

"""
HashiCorp Vault's transit engine as the key service (package `hvac`).

The transit key must be of an authenticated type, such as the default `aes256-gcm96`; Vault binds
our context as associated data. Source: Vault's HTTP API, transit secrets engine.
"""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hvac
import requests
from django.conf import settings
from hvac import exceptions

from cdp.kernel.key_document import Wrapped
from cdp.kernel.key_providers.wrapped import (
    Context,
    KeyNotUnwrapped,
    KeyServiceDenied,
    WrappedFileProvider,
)
from cdp.kernel.keyring import KeyringRefused, KeyServiceAway

TIMEOUT_SECONDS = 5
_DENIED = (exceptions.Forbidden, exceptions.Unauthorized, exceptions.InvalidPath)


class TransitService:
    """Wraps by `POST /v1/<mount>/encrypt/<key>` and unwraps by `…/decrypt/<key>`."""

    name = "vault-transit"

    def __init__(self, *, address: str, token: str, key: str, mount: str) -> None:
        session = requests.Session()
        session.trust_env = False  # a proxy of the environment must not see a key
        self._key, self._mount = key, mount
        self._client = hvac.Client(
            url=address,
            token=token,
            timeout=TIMEOUT_SECONDS,
            session=session,
            allow_redirects=False,
        )

    def wrap(self, material: bytes, context: Context) -> Wrapped:
        """
        Return the material wrapped under the newest version of the transit key.

        :raises KeyServiceAway: Vault does not answer, is sealed, or failed
        :raises KeyServiceDenied: the token is not good for this key
        """
        blob = self._ask(
            "ciphertext",
            self._client.secrets.transit.encrypt_data,
            name=self._key,
            plaintext=base64.b64encode(material).decode(),
            associated_data=_bound(context),
            mount_point=self._mount,
        )
        return Wrapped(blob, self._key)

    def unwrap(self, wrapped: Wrapped, context: Context) -> bytes:
        """
        Return the material, by the transit key that wrapped it.

        :raises KeyServiceAway: Vault does not answer, is sealed, or failed
        :raises KeyServiceDenied: the token is not good for this key
        :raises KeyNotUnwrapped: another key wrapped it, or it was altered
        """
        plain = self._ask(
            "plaintext",
            self._client.secrets.transit.decrypt_data,
            name=wrapped.by,
            ciphertext=wrapped.blob,
            associated_data=_bound(context),
            mount_point=self._mount,
        )
        return base64.b64decode(plain)

    def _ask(self, wanted: str, call: Callable[..., Any], **arguments: str) -> str:
        try:
            answer = str(call(**arguments)["data"][wanted])
        except _DENIED:
            raise KeyServiceDenied(
                "Vault refuses the token or the transit key. Check CDP_VAULT_TOKEN, CDP_VAULT_KEY "
                "and the token's policy: update on encrypt and decrypt of that key."
            ) from None
        except exceptions.InvalidRequest:
            if "plaintext" in arguments:
                raise KeyServiceDenied(
                    "Vault wraps nothing under this transit key. Make it first, of the type "
                    "aes256-gcm96, and set CDP_VAULT_KEY to its name."
                ) from None
            raise KeyNotUnwrapped(
                f"Vault's transit key “{arguments['name']}” does not open a key of the keyring. "
                "Restore the transit key, or the keyring that belongs to it."
            ) from None
        except (exceptions.VaultError, requests.RequestException, KeyError, TypeError, ValueError):
            raise KeyServiceAway(
                "Vault does not answer, is sealed, or failed. Check CDP_VAULT_ADDR and unseal it."
            ) from None
        return answer


def _bound(context: Context) -> str:
    return base64.b64encode(json.dumps(dict(context), sort_keys=True).encode()).decode()


def provide(path: Path) -> WrappedFileProvider:
    """
    Return the provider that the settings describe.

    :raises KeyringRefused: address, token or key is not set
    """
    chosen = settings.KEY_SERVICE
    for name in ("CDP_VAULT_ADDR", "CDP_VAULT_TOKEN", "CDP_VAULT_KEY"):
        if not chosen[name]:
            raise KeyringRefused(f"The key provider “vault-transit” needs {name}.")
    service = TransitService(
        address=chosen["CDP_VAULT_ADDR"],
        token=chosen["CDP_VAULT_TOKEN"],
        key=chosen["CDP_VAULT_KEY"],
        mount=chosen["CDP_VAULT_MOUNT"],
    )
    return WrappedFileProvider(path, service)

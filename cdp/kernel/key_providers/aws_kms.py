"""
AWS Key Management Service as the key service (package `boto3`).

Credentials and region come from where boto3 finds them; KMS binds our context as its encryption
context and writes it to CloudTrail, so it names use and number of a key and nothing else.
Source: AWS KMS API reference, Encrypt and Decrypt.
"""

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError
from django.conf import settings

from cdp.kernel.key_document import Wrapped
from cdp.kernel.key_providers.wrapped import (
    Context,
    KeyNotUnwrapped,
    KeyServiceDenied,
    WrappedFileProvider,
)
from cdp.kernel.keyring import KeyringRefused, KeyServiceAway

TIMEOUT_SECONDS = 5
_WRONG_KEY = ("InvalidCiphertextException", "IncorrectKeyException")
_AWAY = (
    "DependencyTimeoutException", "KMSInternalException", "InternalFailure", "ServiceUnavailable",
    "ServiceUnavailableException", "ThrottlingException", "LimitExceededException",
    "KeyUnavailableException",
)  # fmt: skip


class KmsService:
    """Wraps by `TrentService.Encrypt` and unwraps by `TrentService.Decrypt`."""

    name = "aws-kms"

    def __init__(self, client: Any, *, key: str) -> None:
        self._client, self._key = client, key

    def wrap(self, material: bytes, context: Context) -> Wrapped:
        """
        Return the material wrapped; the answer's full key ARN is remembered with it.

        :raises KeyServiceAway: KMS does not answer or failed
        :raises KeyServiceDenied: the credentials are not good for this key
        """
        answer = self._ask(
            self._client.encrypt, KeyId=self._key, Plaintext=material,
            EncryptionContext=dict(context),
        )  # fmt: skip
        return Wrapped(base64.b64encode(answer["CiphertextBlob"]).decode(), answer["KeyId"])

    def unwrap(self, wrapped: Wrapped, context: Context) -> bytes:
        """
        Return the material, by the KMS key that wrapped it and no other.

        :raises KeyServiceAway: KMS does not answer or failed
        :raises KeyServiceDenied: the credentials are not good for this key
        :raises KeyNotUnwrapped: another key wrapped it, or it was altered
        """
        answer = self._ask(
            self._client.decrypt, KeyId=wrapped.by, CiphertextBlob=base64.b64decode(wrapped.blob),
            EncryptionContext=dict(context),
        )  # fmt: skip
        material: bytes = answer["Plaintext"]
        return material

    def _ask(self, call: Callable[..., Any], **arguments: Any) -> Mapping[str, Any]:
        try:
            answer: Mapping[str, Any] = call(**arguments)
        except ClientError as failure:
            raise self._named(failure, arguments["KeyId"]) from None
        except NoCredentialsError:
            raise KeyServiceDenied(
                "There are no AWS credentials. Give this process a role, or set them as boto3 "
                "expects."
            ) from None
        except BotoCoreError:
            raise KeyServiceAway(
                "AWS KMS does not answer. Check the network, the region and CDP_KMS_ENDPOINT."
            ) from None
        return answer

    def _named(self, failure: ClientError, key: str) -> Exception:
        code = failure.response.get("Error", {}).get("Code", "")
        status = failure.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _WRONG_KEY:
            return KeyNotUnwrapped(
                f"The KMS key {key} does not open a key of the keyring. Restore the KMS key, or "
                "the keyring that belongs to it."
            )
        if code in _AWAY or status >= 500:
            return KeyServiceAway("AWS KMS failed or is busy. Try again, or ask its status page.")
        return KeyServiceDenied(
            f"AWS KMS refuses the key {key} ({code or status}). Check CDP_KMS_KEY, its state and "
            "the permissions kms:Encrypt and kms:Decrypt."
        )


def provide(path: Path) -> WrappedFileProvider:
    """
    Return the provider that the settings describe.

    :raises KeyringRefused: key or region is not set
    """
    chosen = settings.KEY_SERVICE
    if not chosen["CDP_KMS_KEY"]:
        raise KeyringRefused("The key provider “aws-kms” needs CDP_KMS_KEY: a key's ARN or id.")
    config = Config(
        connect_timeout=TIMEOUT_SECONDS,
        read_timeout=TIMEOUT_SECONDS,
        retries={"total_max_attempts": 2, "mode": "standard"},
        proxies={},
    )
    try:
        client = boto3.client(
            "kms",
            region_name=chosen["CDP_KMS_REGION"] or None,
            endpoint_url=chosen["CDP_KMS_ENDPOINT"] or None,
            config=config,
        )
    except NoRegionError:
        raise KeyringRefused("The key provider “aws-kms” needs CDP_KMS_REGION.") from None
    return WrappedFileProvider(path, KmsService(client, key=chosen["CDP_KMS_KEY"]))

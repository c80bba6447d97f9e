"""Published vectors through our own wrapper, and nonces that never repeat."""

import json
import multiprocessing
import re
from pathlib import Path
from typing import Any

import pytest

from cdp.kernel import crypto
from cdp.kernel.crypto import Cipher, NotAuthentic

VECTORS = json.loads((Path(__file__).parent / "vectors" / "aes_gcm_256.json").read_text())


def hexed(vector: dict[str, Any], *names: str) -> list[bytes]:
    return [bytes.fromhex(vector[name]) for name in names]


@pytest.mark.parametrize("vector", VECTORS["tests"], ids=lambda v: f"tc{v['tcId']}-{v['result']}")
def test_case_16_wycheproof(vector: dict[str, Any]) -> None:
    """Attack case 16: every Wycheproof vector of our key, nonce and tag sizes, as expected."""
    key, nonce, aad, plain, body, tag = hexed(vector, "key", "iv", "aad", "msg", "ct", "tag")
    sealed = crypto.AES_256_GCM + nonce + body + tag

    if vector["result"] == "valid":
        assert crypto.unseal(key, sealed, aad) == plain
        assert crypto.seal(key, plain, aad, nonce=nonce) == sealed
    else:
        with pytest.raises(NotAuthentic):
            crypto.unseal(key, sealed, aad)


def test_case_16_the_vectors_are_all_there() -> None:
    """Attack case 16: 39 valid and 27 invalid ones, none lost in the copy."""
    results = [vector["result"] for vector in VECTORS["tests"]]

    assert (results.count("valid"), results.count("invalid")) == (39, 27)
    assert len(results) == VECTORS["numberOfTests"]


def test_case_16_nist() -> None:
    """Attack case 16: NIST CAVP, where the package of vectors is installed."""
    package = pytest.importorskip("cryptography_vectors")
    folder = Path(package.__file__).parent / "ciphers" / "AES" / "GCM"
    text = (folder / "gcmDecrypt256.rsp").read_text()
    sizes = "[Keylen = 256]\n[IVlen = 96]"
    checked = 0
    for section in text.split(sizes)[1:]:
        if "[Taglen = 128]" not in section[:200]:
            continue
        for block in re.split(r"\n\s*\n", section.partition("[Keylen")[0]):
            found = dict(re.findall(r"^(\w+) = ?(.*)$", block, re.MULTILINE))
            if "Key" not in found:
                continue
            key, nonce, aad, body, tag = hexed(found, "Key", "IV", "AAD", "CT", "Tag")
            sealed = crypto.AES_256_GCM + nonce + body + tag
            if "FAIL" in block:
                with pytest.raises(NotAuthentic):
                    crypto.unseal(key, sealed, aad)
            else:
                assert crypto.unseal(key, sealed, aad).hex() == found.get("PT", "")
            checked += 1
    assert checked > 100


def nonces(count: int) -> set[bytes]:
    """Return the nonces of so many sealings."""
    cipher = Cipher(bytes(32))
    return {cipher.seal(b"", b"")[1:13] for _ in range(count)}


@pytest.mark.slow
def test_case_17_a_million_nonces_differ() -> None:
    """Attack case 17: no repeat over a million sealings under one key."""
    assert len(nonces(1_000_000)) == 1_000_000


@pytest.mark.slow
def test_case_17_forked_workers_share_no_nonce() -> None:
    """Attack case 17: workers forked from one process, which has sealed already, never repeat."""
    before = nonces(1_000)
    with multiprocessing.get_context("fork").Pool(4) as workers:
        found = workers.map(nonces, [50_000] * 8)

    assert len(before.union(*found)) == 1_000 + 8 * 50_000

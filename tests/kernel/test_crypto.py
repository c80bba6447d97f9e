"""Byte formats by known answers, and what a ciphertext must refuse."""

import hashlib
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.kernel import crypto
from cdp.kernel.crypto import NotAuthentic

# Source: the vault reference, part 1.2.
SUBJECT = UUID("00112233-4455-6677-8899-aabbccddeeff")
DEK, KEK, ROOT = bytes(range(0x20)), bytes(range(0x20, 0x40)), bytes(range(0x40, 0x60))
NONCE, PLAIN = bytes(range(0x0C)), b"ann@example.com"
PLACE = ("default", "profiles_pii", "email")
AAD = bytes.fromhex(
    "00000004636470310000000764656661756c740000000c70726f66696c65735f70696900000005656d61696c"
    "0000001000112233445566778899aabbccddeeff"
)
WRAP_AAD = bytes.fromhex(
    "0000000464656b3100000004000000030000000764656661756c740000001000112233445566778899aabbccddeeff"
)


def test_the_associated_data_is_the_place_joined_by_lengths() -> None:
    assert crypto.field_aad(*PLACE, SUBJECT) == AAD
    assert crypto.wrap_aad(3, "default", SUBJECT) == WRAP_AAD


def test_a_sealed_value_has_the_known_bytes_and_opens() -> None:
    sealed = crypto.seal(DEK, PLAIN, AAD, nonce=NONCE)

    assert sealed.hex() == (
        "01000102030405060708090a0b266cb85ba09da376fd2df2a5d28615b168aaeca7861f7b1c43824d6e1dbdd3"
    )
    assert crypto.unseal(DEK, sealed, AAD) == PLAIN


def test_a_wrapped_key_has_the_known_bytes() -> None:
    assert crypto.seal(KEK, DEK, WRAP_AAD, nonce=NONCE).hex() == (
        "01000102030405060708090a0b5c535fa44e30edebb4f0c3cd2a7e50330361fb777e04b0063c14c9a1a79cd587"
        "7df97bf52fc4b2a9f2d9ddde939fadca"
    )


def test_check_value_index_key_and_index_have_the_known_bytes() -> None:
    key = crypto.index_key(ROOT, *PLACE, "exact")

    assert crypto.key_check_value(KEK).hex() == "8fe12b56cb291b2eaf39fb9f7da017a4"
    assert key.hex() == "393e118a097e83619ff00802a5e17613bf958e872430b147fde4c92d0028e38f"
    assert crypto.keyed_digest(key, PLAIN).hex() == "178321bc34055eaec5a4e24abca7fa0b"


def test_the_cipher_is_aes_256_gcm_of_the_standard() -> None:
    # Source: McGrew and Viega, the Galois/Counter Mode of Operation, test case 16
    key = bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2)
    nonce = bytes.fromhex("cafebabefacedbaddecaf888")
    plain = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    aad = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")

    assert crypto.seal(key, plain, aad, nonce=nonce).hex() == "01" + nonce.hex() + (
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b"
    )


def test_derivation_is_hkdf_sha_256_over_the_joined_names() -> None:
    info = crypto.lp("cdp1", "audit-ref", "default")
    extracted = _hmac(b"\x00" * 32, ROOT)

    assert crypto.reference_key(ROOT, "default") == _hmac(extracted, info + b"\x01")


def _hmac(key: bytes, message: bytes) -> bytes:
    """RFC 2104 by its definition."""
    block = key.ljust(64, b"\x00")
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in block) + message).digest()
    return hashlib.sha256(bytes(b ^ 0x5C for b in block) + inner).digest()


SEALED = crypto.seal(DEK, PLAIN, AAD, nonce=NONCE)


@given(st.integers(0, len(SEALED) * 8 - 1))
def test_no_bit_can_be_changed(bit: int) -> None:
    changed = bytearray(SEALED)
    changed[bit // 8] ^= 1 << bit % 8

    with pytest.raises(NotAuthentic):
        crypto.unseal(DEK, bytes(changed), AAD)


@given(st.integers(0, len(SEALED) - 1))
def test_no_cut_off_value_opens(length: int) -> None:
    with pytest.raises(NotAuthentic):
        crypto.unseal(DEK, SEALED[:length], AAD)


@pytest.mark.parametrize(
    "place",
    [("other", "profiles_pii", "email"), ("default", "vault", "email"),
     ("default", "profiles_pii", "phone"), ("default", "profiles_piie", "mail")],
)  # fmt: skip
def test_a_value_opens_at_its_own_place_alone(place: tuple[str, str, str]) -> None:
    with pytest.raises(NotAuthentic):
        crypto.unseal(DEK, SEALED, crypto.field_aad(*place, SUBJECT))
    with pytest.raises(NotAuthentic):
        crypto.unseal(DEK, SEALED, crypto.field_aad(*PLACE, UUID(int=SUBJECT.int + 1)))
    with pytest.raises(NotAuthentic):
        crypto.unseal(KEK, SEALED, AAD)


@given(st.lists(st.binary(max_size=6), max_size=4), st.lists(st.binary(max_size=6), max_size=4))
def test_different_parts_never_join_to_the_same_bytes(one: list[bytes], other: list[bytes]) -> None:
    assert (crypto.lp(*one) == crypto.lp(*other)) is (one == other)


@given(st.binary(max_size=200), st.binary(max_size=40))
def test_what_is_sealed_opens_again_and_never_looks_the_same_twice(
    plain: bytes, aad: bytes
) -> None:
    sealed = [crypto.seal(DEK, plain, aad) for _ in range(2)]

    assert [crypto.unseal(DEK, each, aad) for each in sealed] == [plain, plain]
    assert sealed[0] != sealed[1]
    assert len(sealed[0]) == len(plain) + crypto.OVERHEAD_BYTES

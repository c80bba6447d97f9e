"""One spelling per identifier, so that one person typed in two ways is found once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.vault.normalize import (
    UnreadableEmail,
    UnreadablePhone,
    UnusableIdentifier,
    email,
    external_id,
    phone,
)


@pytest.mark.parametrize(
    ("typed", "one"),
    [
        (" Ann@Example.COM ", "ann@example.com"), ("ａｎｎ@example.com", "ann@example.com"),
        ("ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
        ("ann@example.com.", "ann@example.com"),
        ("a.n.n+tea@example.com", "a.n.n+tea@example.com"),
    ],
)  # fmt: skip
def test_an_address_has_one_spelling(typed: str, one: str) -> None:
    assert email(typed) == one == email(one)


NO_ADDRESS = [
    "", "canary", "@canary.test", "canary@", "canary@b@c.test", "the canary@b.test",
    "canary@-.test",
]  # fmt: skip


@pytest.mark.parametrize("typed", NO_ADDRESS)
def test_what_is_no_address_is_refused_without_quoting_it(typed: str) -> None:
    with pytest.raises(UnreadableEmail) as caught:
        email(typed)

    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("typed", ["+86 138 0013 8000", "+86-13800138000", "+86(138)00138000"])
def test_a_number_has_one_spelling(typed: str) -> None:
    assert phone(typed) == "+8613800138000"


def test_a_number_without_its_country_is_read_in_the_region_given_or_refused() -> None:
    assert phone("0151 12345678", region="DE") == "+4915112345678"
    with pytest.raises(UnreadablePhone) as caught:
        phone("0151 12345678")
    assert "0151" not in str(caught.value)


@pytest.mark.parametrize("typed", ["+49 1", "+4912345678901234567", "tea", ""])
def test_an_impossible_number_is_refused(typed: str) -> None:
    with pytest.raises(UnreadablePhone):
        phone(typed)


@pytest.mark.parametrize("typed", ["null", "N/A", " undefined ", "0", "000", "-", "", "x" * 256])
def test_a_placeholder_is_nobody(typed: str) -> None:
    with pytest.raises(UnusableIdentifier):
        external_id(typed)


@given(st.text(min_size=1, max_size=40))
def test_normalizing_twice_changes_nothing(typed: str) -> None:
    for normalize in (email, phone, external_id):
        try:
            once = normalize(typed)
        except (UnreadableEmail, UnreadablePhone, UnusableIdentifier):
            continue
        assert normalize(once) == once

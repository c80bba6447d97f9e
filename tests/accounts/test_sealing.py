"""Operators' own secrets: they open where they were sealed, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cdp.accounts import sealing

pytestmark = pytest.mark.django_db  # the run's keyring


@given(text=some.text(max_size=200))
def test_what_is_sealed_opens_in_its_place(text: str) -> None:
    sealed = sealing.seal(text, place="here")

    assert sealing.unseal(sealed, place="here") == text


def test_the_sealed_text_does_not_show_what_it_holds() -> None:
    assert "JBSWY3DPEHPK3PXP" not in sealing.seal("JBSWY3DPEHPK3PXP", place="here")


def test_another_place_opens_nothing() -> None:
    sealed = sealing.seal("a seed", place="here")

    with pytest.raises(sealing.SealBroken):
        sealing.unseal(sealed, place="there")


@pytest.mark.parametrize("position", [0, 2, 10, -3])
def test_an_altered_text_opens_nothing(position: int) -> None:
    sealed = list(sealing.seal("a seed", place="here"))
    sealed[position] = "9" if sealed[position] != "9" else "8"

    with pytest.raises(sealing.SealBroken):
        sealing.unseal("".join(sealed), place="here")


@pytest.mark.parametrize("nonsense", ["", "1", "1.", "x.AAAA", "999.AAAA", "1.***", "1.é"])
def test_nonsense_opens_nothing(nonsense: str) -> None:
    with pytest.raises(sealing.SealBroken):
        sealing.unseal(nonsense, place="here")

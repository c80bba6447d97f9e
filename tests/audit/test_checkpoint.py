"""Checkpoints: the published note, and every way in which one can be false."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import checkpoint
from audit.checkpoint import Checkpoint, NoteRefused, Signer, VerifierKey

SIGNER = Signer("cdp.example/audit", bytes(range(0x60, 0x80)))
VKEY = "cdp.example/audit+bfd5c169+ARdFU7RW3d/GkI7KscEB/mqyHiuqBhd5W31DpjSCmT/V"
NOTE = """\
cdp.example/audit
1
DAFjQ0EKxBVrxsbY/mUcxn1uVDOicRFgXVDDYlgplac=

— cdp.example/audit v9XBaRcsV9QWEJsgkZXHXHCA3ro2Aj2Mr3bppgDxV4+32Fh+MtkClzdQnzVVemr+hRs7KLCHnvbM\
70f6XBKie3Z+WQk=
"""
ROOT = base64.b64decode("DAFjQ0EKxBVrxsbY/mUcxn1uVDOicRFgXVDDYlgplac=")
SIGNED = Checkpoint("cdp.example/audit", 1, ROOT)


def test_the_known_key_makes_the_known_note() -> None:
    assert checkpoint.sign(SIGNED, [SIGNER]) == NOTE
    assert str(SIGNER.verifier) == VKEY


def test_the_known_note_is_read_with_the_known_key() -> None:
    assert checkpoint.read(NOTE, [VerifierKey.parse(VKEY)]) == SIGNED


def test_a_note_signed_by_old_and_new_key_is_read_with_either() -> None:
    newer = Signer(SIGNER.name, bytes(32))
    note = checkpoint.sign(SIGNED, [newer, SIGNER])

    for known in (newer, SIGNER):
        assert checkpoint.read(note, [known.verifier]) == SIGNED


def test_signatures_of_others_are_ignored() -> None:
    witness = "— witness.example/w " + base64.b64encode(bytes(76)).decode() + "\n"

    assert checkpoint.read(NOTE + witness * 16, [SIGNER.verifier]) == SIGNED


def test_a_known_key_that_fails_refuses_the_note_even_beside_a_good_one() -> None:
    newer = Signer(SIGNER.name, bytes(32))
    forged = newer.line("something else\n")

    with pytest.raises(NoteRefused, match="does not fit"):
        checkpoint.read(NOTE + forged, [SIGNER.verifier, newer.verifier])


def test_a_key_of_another_name_vouches_for_nothing() -> None:
    stranger = Signer("other.example/audit", SIGNER.seed)
    note = checkpoint.sign(SIGNED, [stranger])

    with pytest.raises(NoteRefused, match="No known key"):
        checkpoint.read(note, [stranger.verifier])


@given(at=st.integers(0, len(NOTE) - 1), replacement=st.characters(codec="utf-8"))
def test_a_note_with_any_character_changed_is_refused(at: int, replacement: str) -> None:
    changed = NOTE[:at] + replacement + NOTE[at + 1 :]
    if changed == NOTE:
        return

    with pytest.raises(NoteRefused):
        checkpoint.read(changed, [SIGNER.verifier])


@pytest.mark.parametrize(
    "changed",
    [
        NOTE.replace("\n1\n", "\n01\n"),
        NOTE.replace("\n1\n", "\n-1\n"),
        NOTE.replace("\n1\n", "\n\uff11\n"),
        NOTE.replace("\n\n", "\nextension\n\n"),
        NOTE.replace("\n\n", "\n"),
        NOTE.rstrip("\n"),
        NOTE + "\n",
        NOTE.replace("\n", "\r\n"),
        NOTE.replace("WQk=", "WQl="),  # decodes to the same bytes
        SIGNED.text + "\n",
        "",
    ],
)
def test_a_note_in_another_form_is_refused(changed: str) -> None:
    with pytest.raises(NoteRefused):
        checkpoint.read(changed, [SIGNER.verifier])


@pytest.mark.parametrize("name", ["", "two words", "a+b", "line\nbreak"])
def test_an_origin_that_cannot_be_a_name_is_not_signed(name: str) -> None:
    with pytest.raises(NoteRefused):
        checkpoint.sign(Checkpoint(name, 1, ROOT), [Signer(name, bytes(32))])


@pytest.mark.parametrize(
    "text", ["", "a+b", VKEY.replace("bfd5c169", "bfd5c160"), VKEY[:-4], VKEY.replace("+AR", "+BR")]
)
def test_a_mistyped_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(NoteRefused):
        VerifierKey.parse(text)

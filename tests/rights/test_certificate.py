"""What can be shown of an erasure: no value, the rows that went, and its place in the log."""

import json
from uuid import uuid4

import pytest

from audit import proofs, pseudonym, sequencer, signing
from cdp.kernel import database
from cdp.kernel.roles import Role
from cdp.rights import certificate
from cdp.rights.certificate import Certificate, NoSuchErasure
from cdp.rights.stores import STAYS
from consent.erasure_file import Line
from tests.people import EVERYTHING, Shop
from tests.rights.conftest import erased


def certified(line: Line) -> Certificate:
    with database.as_role(Role.RIGHTS):
        return certificate.certify(line.id)


def sequence() -> None:
    with database.as_role(Role.AUDIT):
        while sequencer.sequence():
            pass


def test_a_certificate_names_rows_and_reasons_and_nobody(own_shop: Shop) -> None:
    sofia = own_shop.welcome("sofia", says=EVERYTHING)
    line = erased(sofia.subject)

    shown = certified(line)

    assert shown.rows == line.counts
    assert shown.data_keys_destroyed == 1
    assert shown.stays == STAYS
    assert shown.person == pseudonym.of(sofia.subject).hex()
    text = json.dumps(shown.as_document())
    assert str(sofia.subject) not in text and "canary" not in text


def test_its_entry_is_proved_once_the_sequencer_placed_it(own_shop: Shop) -> None:
    line = erased(own_shop.welcome("sofia").subject)
    waiting = certified(line).entry

    sequence()

    placed = certified(line)
    assert waiting is None and placed.entry is not None
    with database.as_role(Role.AUDIT):
        proved = proofs.verify_proof(proofs.prove(placed.entry), signing.vkey())
    assert proved.entry.act == "profile.erase"
    assert proved.entry.obj == f"erasure:{line.id}"
    assert proved.entry.ref == placed.person


def test_the_counts_are_in_the_log_too_and_readable(own_shop: Shop) -> None:
    line = erased(own_shop.welcome("sofia").subject)

    sequence()

    with database.as_role(Role.AUDIT), database.cursor() as sql:
        sql.execute("SELECT idx FROM audit_entry WHERE act = 'erasure.finish'")
        row = sql.fetchone()
        assert row is not None
        proved = proofs.verify_proof(proofs.prove(row[0]), signing.vkey())
    assert json.loads(proved.entry.detail) == {"reason": "request", **line.counts}


def test_an_erasure_that_never_was_has_no_certificate(own_shop: Shop) -> None:
    with database.as_role(Role.RIGHTS), pytest.raises(NoSuchErasure):
        certificate.certify(uuid4())

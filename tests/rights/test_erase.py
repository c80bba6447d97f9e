"""Erasing people: nothing of them is left but proofs, nobody else loses a row, the log holds."""

from uuid import UUID, uuid4

import pytest

from cdp.kernel import database
from cdp.kernel.roles import Role
from cdp.rights import erase
from cdp.rights.erase import NobodyToErase
from cdp.rights.stores import STAYS
from consent.erasure_file import Line
from tests.consent.rows import furnish, open_catalog
from tests.people import EVERYTHING, Customer, Shop
from tests.rights.holdings import Holdings

OPERATOR = "op:01890000-0000-7000-8000-000000000001"


def erased(subject: UUID) -> Line:
    with database.as_role(Role.RIGHTS):
        return erase.erase(subject, actor=OPERATOR, reason="request")


def furnished(shop: Shop, name: str) -> Customer:
    """Return a customer with a row in every table."""
    customer = shop.welcome(name, says=EVERYTHING, phone=f"+1415555011{shop.made}")
    furnish(shop, customer)
    return customer


def test_nothing_of_an_erased_person_is_left_and_everybody_else_keeps_all(
    own_shop: Shop, holdings: Holdings
) -> None:
    mei, sofia = furnished(own_shop, "mei"), furnished(own_shop, "sofia")
    hers, others = holdings.of(sofia.subject), holdings.of(mei.subject)

    line = erased(sofia.subject)

    left = {subject: holdings.of(subject) for subject in line.origins}
    assert len(line.origins) == 2, "she has a merged visitor"
    assert len(hers) > 12, "the probe sees her rows"
    assert set().union(*left.values()) - STAYS.keys() == {"consent_datause"}
    assert left[sofia.subject]["consent_datause"] == 1, "the erasure itself"
    assert holdings.of(mei.subject) == others


def test_who_was_never_there_cannot_be_erased(own_shop: Shop) -> None:
    with database.as_role(Role.RIGHTS), pytest.raises(NobodyToErase):
        erase.erase(uuid4(), actor=OPERATOR, reason="request")

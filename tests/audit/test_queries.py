"""Who sees which entries: the console its workspace's, a customer their own."""

from uuid import UUID

import pytest

from audit import queries
from audit.actors import Actor
from audit.inbox import record
from audit.proofs import NoSuchEntry
from audit.sequencer import sequence
from cdp.kernel import database
from cdp.kernel.identifiers import uuid7
from cdp.kernel.roles import Role
from tests.audit.conftest import ALICE, JONAS, MEI
from tests.audit.logs import add_workspace, rows, tamper

pytestmark = pytest.mark.django_db

CONSOLES = (Role.WEB, Role.API)
OWN = (Role.PORTAL, Role.RIGHTS)


@pytest.mark.parametrize("role", CONSOLES)
def test_the_newest_entries_come_first_and_in_pages(log: int, role: Role) -> None:
    with database.as_role(role):
        page = queries.read([], limit=4)
        following = queries.read([], before=page[-1].index, limit=4)

    assert [line.index for line in page + following] == [9, 8, 7, 6, 5, 4, 3, 2]
    assert page[0].actor == ALICE
    assert page[0].act == "vault.open"


@pytest.mark.parametrize("role", [*CONSOLES, *OWN])
def test_a_persons_entries_are_theirs_alone(log: int, role: Role) -> None:
    with database.as_role(role):
        about_mei = queries.about(MEI)
        about_jonas = queries.about(JONAS, before=8, limit=2)

    assert [line.index for line in about_mei] == [4, 3, 2, 1, 0]
    assert [line.index for line in about_jonas] == [7, 6]


@pytest.mark.parametrize("role", OWN)
def test_a_customers_role_sees_no_entry_of_another(log: int, role: Role) -> None:
    with database.as_role(role):
        assert queries.read([]) == []
        queries.about(MEI)  # names Mei until the transaction ends

        seen = {line.index for line in queries.read([])}
        leaves = rows("SELECT count(*) FROM audit_leaf")[0][0]

    assert seen == {0, 1, 2, 3, 4}
    assert leaves == 5


@pytest.mark.parametrize("role", CONSOLES)
def test_another_workspace_sees_nothing(log: int, role: Role) -> None:
    outlet = add_workspace(uuid7(), key="bobs-outlet")

    with database.as_role(role):
        assert queries.find(3).obj == "campaign:3"
        with database.in_workspace(outlet):
            assert queries.read([]) == []
            assert queries.about(MEI) == []
            with pytest.raises(NoSuchEntry):
                queries.find(3)
        with database.in_workspace(None):
            assert queries.read([]) == []


def test_an_entry_of_the_deployment_is_every_operators_to_read(log: int) -> None:
    with database.in_workspace(None):
        record(Actor.system("doctor"), "boot.refused")
    run()

    assert queries.read([])[0].act == "boot.refused"
    with database.in_workspace(None):
        assert queries.read([]) == []


def test_an_altered_entry_is_shown_as_such(log: int) -> None:
    tamper("audit_leaf", "UPDATE audit_leaf SET leaf = '\\x7b7d' WHERE idx = 3")

    line = queries.find(3)

    assert (line.is_readable, line.act, line.obj) == (False, "vault.open", "campaign:3")


def test_a_sealed_detail_is_announced_and_not_shown(people: dict[UUID, bytes]) -> None:
    record(ALICE, "vault.open", subject=MEI, detail={"fields": "email"})
    run()

    line = queries.find(0)

    assert (line.has_sealed_detail, line.detail) == (True, "")


def test_the_state_of_the_log_is_its_newest_checkpoint(log: int) -> None:
    for role in (*CONSOLES, *OWN):
        with database.as_role(role):
            state = queries.state()
        assert state is not None
        assert state.size == log


@pytest.mark.parametrize("role", [Role.WORKER, Role.INGEST, Role.SWEEP, Role.READ])
def test_other_processes_do_not_read_the_log(log: int, role: Role) -> None:
    with database.as_role(role):
        granted = rows(
            "SELECT t FROM unnest(ARRAY['audit_inbox', 'audit_entry', 'audit_leaf', 'audit_tile', "
            "'audit_checkpoint']) t WHERE has_table_privilege(t, 'SELECT')"
        )

    assert granted == []


def run() -> None:
    with database.as_role(Role.AUDIT):
        sequence()

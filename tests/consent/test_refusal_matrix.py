"""
Purpose × table × way of access × role: who permits is found, and nobody else ever is.

Each probe is its own control: Mei, who permits everything, has a row in every protected table, and
a probe that did not find her would prove nothing.
"""

from itertools import product
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, transaction

from cdp.kernel import database
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from cdp.kernel.windows import PurposeRequired
from consent.catalog import CATALOG, PurposeSpec
from consent.models import Purpose
from consent.purposes import UnknownPurpose
from consent.window import purpose
from profiles.models import Profile
from tests.consent.rows import ACTOR, READS, TABLES, Read, Stored, is_readable, stored
from tests.people import EVERYTHING, Customer, open_shop

Town = dict[str, Customer]
OPEN_TO = {
    role: [spec for spec in CATALOG if role in spec.roles and spec.key != "share.sale"]
    for role in (Role.WORKER, Role.WEB)
}


@pytest.fixture
def town(mei: Customer, sofia: Customer, jonas: Customer, noor: Customer) -> Town:
    return {"mei": mei, "sofia": sofia, "jonas": jonas, "noor": noor}


def expected(spec: PurposeSpec, rows: dict[str, list[Stored]], town: Town) -> dict[str, set[str]]:
    """Return by table who may be found: everybody for a contract, only Mei where consent rules."""
    return {
        table: {
            name
            for name in (("mei",) if spec.needs_consent else town)
            if any(row.table == table and is_readable(row, spec) for row in rows[name])
        }
        for table in TABLES
    }


@pytest.mark.parametrize("role", OPEN_TO)
def test_only_who_permits_the_purpose_is_found(role: Role, town: Town) -> None:
    rows = {name: stored(customer) for name, customer in town.items()}
    name_of = {customer.subject: name for name, customer in town.items()}
    seen: set[tuple[str, str]] = set()

    for spec, way in product(OPEN_TO[role], READS):
        with database.as_role(role), purpose(spec.key, actor=ACTOR):
            found = {table: _people(READS[way], table, name_of) for table in TABLES}

        assert found == expected(spec, rows, town), (spec.key, way)
        seen |= {(way, table) for table, names in found.items() if "mei" in names}

    # a way and a table in which the probe found nobody would prove nothing
    assert seen == set(product(READS, TABLES))


def _people(read: Read, table: str, name_of: dict[UUID, str]) -> set[str]:
    # what the visitor Mei was before she signed in left rows under an id of its own
    return {name_of.get(subject, "") for subject in read(TABLES[table])} - {""}


@pytest.mark.parametrize("role", OPEN_TO)
def test_a_purpose_that_is_not_the_roles_shows_nobody(role: Role, mei: Customer) -> None:
    foreign = [spec.key for spec in CATALOG if role not in spec.roles]

    assert foreign
    for key in foreign:
        with database.as_role(role), purpose(key, actor=ACTOR):
            assert not any(READS["raw SQL"](model) for model in TABLES.values()), key


def test_a_purpose_shut_by_an_operator_shows_nobody_from_the_next_statement_on(
    mei: Customer,
) -> None:
    with purpose("marketing.email", actor=ACTOR):
        assert all(mei.subject in read(Profile) for read in READS.values())

        with database.as_role(Role.WEB):
            Purpose.objects.filter(key="marketing.email").update(open=False)

        assert not any(read(Profile) for read in READS.values())


def test_an_unknown_purpose_opens_nothing(workspace: Workspace) -> None:
    with pytest.raises(UnknownPurpose), purpose("marketing.fax", actor=ACTOR):
        pytest.fail("the window opened")


def test_outside_a_window_every_way_rings_the_bell(workspace: Workspace) -> None:
    for way, table in product(READS.keys() - {"COPY"}, TABLES):  # COPY passes no cursor of Django's
        with pytest.raises(PurposeRequired, match=table):
            READS[way](TABLES[table])


def test_the_wall_stands_where_no_bell_rings(mei: Customer) -> None:
    read = READS["COPY"]
    for said in ("", "-1", "marketing.email' OR true --", "MARKETING.EMAIL", "rights"):
        database.settle({"cdp.purpose": said})
        assert read(Profile) == set(), said

    database.settle({"cdp.purpose": "marketing.email"})
    assert mei.subject in read(Profile)


FORBIDDEN = {
    "supply bits": "UPDATE profiles_profile SET purpose_bits = -1",
    "widen a ceiling": "UPDATE campaigns_delivery SET purpose_ceiling = -1",
    "supply bits of own rows": "UPDATE profiles_membership SET purpose_bits = -1",
    "apply a fold": "SELECT consent_apply(current_workspace(), '{}', '{}', '{}')",
    "write permissions": "UPDATE consent_permission SET purpose_bits = -1",
    "read permissions": "SELECT * FROM consent_permission",
    "rewrite the catalogue": "UPDATE consent_purpose SET roles = '{cdp_worker}'",
    "rewrite the ledger": "UPDATE consent_record SET state = 'granted'",
    "park people in a table": "CREATE TABLE parked AS SELECT * FROM profiles_profile",
    "park people for a while": "CREATE TEMP TABLE parked AS SELECT * FROM profiles_profile",
    "keep people behind a view": "CREATE VIEW kept AS SELECT * FROM profiles_profile",
    "empty a table": "TRUNCATE profiles_profile",
    "switch protection off": "ALTER TABLE profiles_profile DISABLE ROW LEVEL SECURITY",
    "drop a policy": "DROP POLICY by_purpose ON profiles_profile",
    "ask without protection": "SET LOCAL row_security = off; SELECT * FROM profiles_profile",
    "read a partition": "SELECT * FROM profiles_event_past",
    "make a function": "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "become the owner": "SET SESSION AUTHORIZATION cdp_owner",
}


def test_a_worker_can_read_in_its_window_and_do_nothing_of_this(mei: Customer) -> None:
    with purpose("marketing.email", actor=ACTOR):
        assert mei.subject in READS["raw SQL"](Profile)

        assert [what for what, statement in FORBIDDEN.items() if _is_done(statement)] == []


def _is_done(statement: str) -> bool:
    """Say whether a statement went through and touched or showed anything; it is taken back."""
    try:
        with transaction.atomic(), database.cursor() as sql:
            sql.execute(statement)
            transaction.set_rollback(True)
            return bool(sql.rowcount)
    except DatabaseError:
        return False


def test_a_row_for_somebody_who_closed_the_purpose_is_refused_loudly(
    mei: Customer, sofia: Customer
) -> None:
    statement = """INSERT INTO profiles_membership
        (id, subject_id, segment_id, entered_at, reason) VALUES (%s, %s, %s, now(), '[]')"""
    with purpose("profiling.segmentation", actor=ACTOR), database.cursor() as sql:
        sql.execute(statement, [uuid4(), mei.subject, uuid4()])

        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            sql.execute(statement, [uuid4(), sofia.subject, uuid4()])


def test_another_workspace_is_another_world(workspace: Workspace, mei: Customer) -> None:
    with database.as_role(Role.WEB):
        outlet = Workspace.objects.create(key="outlet", name="Bob's Outlet", settings={})
    with database.in_workspace(outlet.pk):
        bob = open_shop(outlet).welcome("bob", says=EVERYTHING)

    for place, own in ((workspace.pk, mei), (outlet.pk, bob)):
        with database.in_workspace(place), purpose("profiling.segmentation", actor=ACTOR):
            for way, read in READS.items():
                assert read(Profile) == {own.subject}, way


def test_without_a_workspace_a_window_shows_nobody_and_ends_in_an_error(mei: Customer) -> None:
    found = {mei.subject}
    with (
        pytest.raises(DatabaseError),
        database.in_workspace(None),
        purpose("profiling.segmentation", actor=ACTOR),
    ):
        found = READS["raw SQL"](Profile)

    assert found == set()

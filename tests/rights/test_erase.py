"""Erasing people: nothing of them is left but proofs, nobody else loses a row, the log holds."""

from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from django.db import ProgrammingError

from audit import sequencer, verify
from audit.models import Entry, Inbox
from cdp.accounts import sessions, signin
from cdp.kernel import clock, database
from cdp.kernel.roles import Role
from cdp.rights import certificate, erase
from cdp.rights.certificate import NoSuchErasure
from cdp.rights.erase import ErasureIncomplete, NobodyToErase
from cdp.rights.stores import STAYS
from cdp.runtime import bootstrap
from consent import expire
from consent.models import SubjectFacts
from consent.window import purpose, subject_window
from profiles.exports.models import Export, ExportChunk
from profiles.models import Member, Profile
from profiles.vault import index
from profiles.vault import open as vault
from tests.consent.rows import furnish
from tests.people import EVERYTHING, Customer, Shop
from tests.rights.conftest import DATABASE, OPERATOR, erased
from tests.rights.holdings import Holdings
from tests.servers import Servers


def furnished(shop: Shop, name: str) -> Customer:
    """Return a customer with a row in every table, and a visitor who turned out to be them."""
    customer = shop.welcome(name, says=EVERYTHING, phone=f"+1415555011{shop.made}")
    furnish(shop, customer)
    with database.as_role(Role.PORTAL):
        sessions.begin(customer.subject)
        signin.ask(blind=index.blind("email", customer.email), browser=b"b" * 32, language="en")
    return customer


def test_nothing_of_an_erased_person_is_left_and_everybody_else_keeps_all(
    own_shop: Shop, holdings: Holdings
) -> None:
    """Case 13, table by table."""
    mei, sofia = furnished(own_shop, "mei"), furnished(own_shop, "sofia")
    hers, others = holdings.of(sofia.subject), holdings.of(mei.subject)
    blinds = [index.blind("user_id", sofia.user_id), index.blind("email", sofia.email)]

    line = erased(sofia.subject)

    left = {subject: holdings.of(subject) for subject in line.origins}
    assert len(line.origins) == 2, "she had a merged visitor"
    assert len(hers) > 12, "the probe sees her rows"
    assert set().union(*left.values()) - STAYS.keys() == {"consent_datause"}
    assert left[sofia.subject]["consent_datause"] == 1, "the erasure itself"
    assert holdings.mentions(*(blind.hex() for blind in blinds)) == {}
    assert holdings.of(mei.subject) == others


def test_an_erased_persons_values_are_answered_by_nothing(own_shop: Shop) -> None:
    sofia = furnished(own_shop, "sofia")
    with subject_window(sofia.subject, actor="cust:x"), database.as_role(Role.PORTAL):
        before = vault.open([sofia.subject], ["email"], actor="cust:x")

    erased(sofia.subject)

    with subject_window(sofia.subject, actor="cust:x"), database.as_role(Role.PORTAL):
        after = vault.open([sofia.subject], ["email"], actor="cust:x")
        assert Profile.objects.count() == 0
    assert before[sofia.subject] == {"email": sofia.email}
    assert after == {}


def test_what_is_counted_before_is_what_goes(own_shop: Shop) -> None:
    sofia = furnished(own_shop, "sofia")
    with database.as_role(Role.RIGHTS):
        planned = erase.plan(sofia.subject, actor=OPERATOR)

    line = erased(sofia.subject)

    counted = dict(line.counts)
    assert counted.pop("consent_datause") == planned.counts.pop("consent_datause", 0) + 1, (
        "the plan"
    )
    assert counted == planned.counts
    assert counted["kernel_subjectkey"] == counted["kernel_origin"] == 2


def test_a_plan_changes_nothing(own_shop: Shop, holdings: Holdings) -> None:
    sofia = furnished(own_shop, "sofia")
    before = holdings.of(sofia.subject, but={"consent_datause"})

    with database.as_role(Role.RIGHTS):
        erase.plan(sofia.subject, actor=OPERATOR)

    assert holdings.of(sofia.subject, but={"consent_datause"}) == before


def test_where_a_row_stays_everything_stays(
    own_shop: Shop, holdings: Holdings, servers: Servers
) -> None:
    sofia = furnished(own_shop, "sofia")
    dsn = bootstrap.with_database(servers.administrator, DATABASE)
    with psycopg.connect(dsn, autocommit=True) as server:
        server.execute(
            """CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql
               AS 'BEGIN RETURN NULL; END';
               CREATE TRIGGER keep BEFORE DELETE ON profiles_profile
               FOR EACH ROW EXECUTE FUNCTION keep()"""
        )
    before = holdings.of(sofia.subject, but={"consent_datause"})

    with pytest.raises(ErasureIncomplete, match="profiles_profile"):
        erased(sofia.subject)

    assert holdings.of(sofia.subject, but={"consent_datause"}) == before
    assert "consent_erasure_ledger" not in holdings.of(sofia.subject)


def test_erasing_again_answers_with_the_first_erasure(own_shop: Shop) -> None:
    sofia = furnished(own_shop, "sofia")
    first = erased(sofia.subject)

    assert erased(sofia.subject) == first


def test_a_subject_that_was_merged_away_stands_for_the_whole_person(own_shop: Shop) -> None:
    sofia = furnished(own_shop, "sofia")
    with database.as_role(Role.RIGHTS):
        origins = erase.plan(sofia.subject, actor=OPERATOR).origins
    merged = next(origin for origin in origins if origin != sofia.subject)

    line = erased(merged)

    assert line.subject == sofia.subject
    assert line.origins == origins


def test_an_erasure_of_another_workspace_is_no_answer_here(own_shop: Shop) -> None:
    sofia = furnished(own_shop, "sofia")
    line = erased(sofia.subject)

    with database.in_workspace(uuid4()), pytest.raises(NobodyToErase):
        erased(sofia.subject)
    with (
        database.in_workspace(uuid4()), database.as_role(Role.RIGHTS),
        pytest.raises(NoSuchErasure),
    ):  # fmt: skip
        certificate.certify(line.id)


def test_who_was_never_there_cannot_be_erased(own_shop: Shop) -> None:
    with pytest.raises(NobodyToErase):
        erased(uuid4())


def test_nobody_of_another_workspace_is_erased(own_shop: Shop, holdings: Holdings) -> None:
    sofia = furnished(own_shop, "sofia")
    before = holdings.of(sofia.subject)

    with database.in_workspace(uuid4()), pytest.raises(NobodyToErase):
        erased(sofia.subject)

    assert holdings.of(sofia.subject) == before


def test_the_process_for_rights_sees_nobody_but_who_is_being_erased(own_shop: Shop) -> None:
    mei, sofia = furnished(own_shop, "mei"), furnished(own_shop, "sofia")

    with database.as_role(Role.RIGHTS):
        outside = Profile.objects.count()
        with subject_window(sofia.subject, actor=OPERATOR):
            not_yet = Profile.objects.count()
            database.settle({"cdp.erasing": f"{{{sofia.subject}}}"})
            inside = set(Profile.objects.values_list("subject_id", flat=True))
        afterwards = Profile.objects.count()

    assert (outside, not_yet, afterwards) == (0, 0, 0)
    assert inside == {sofia.subject} != {mei.subject}


def test_the_erasure_is_on_the_record_and_the_log_holds(own_shop: Shop) -> None:
    """Case 13: the entries about somebody stay, their details open no more, the log verifies."""
    sofia = furnished(own_shop, "sofia")
    with database.as_role(Role.AUDIT):
        while sequencer.sequence():
            pass
        before = verify.verify()

    line = erased(sofia.subject)

    with database.as_role(Role.AUDIT):
        while sequencer.sequence():
            pass
        after = verify.verify()
        acts = set(Entry.objects.filter(obj=f"erasure:{line.id}").values_list("act", flat=True))
        assert Inbox.objects.count() == 0
    assert before.problem is None and after.problem is None
    assert after.size > before.size
    assert acts == {"profile.erase", "erasure.finish"}


def test_what_they_said_stays_as_proof(own_shop: Shop, holdings: Holdings) -> None:
    sofia = furnished(own_shop, "sofia")

    erased(sofia.subject)

    with database.as_role(Role.INGEST):
        facts = SubjectFacts.objects.get(pk=sofia.subject)
    assert facts.erased_at is not None
    assert facts.age == SubjectFacts.Age.UNKNOWN
    assert holdings.of(sofia.subject)["consent_record"] == len(EVERYTHING)


def test_nothing_of_an_erased_person_runs_out_later(own_shop: Shop, holdings: Holdings) -> None:
    sofia = furnished(own_shop, "sofia")
    erased(sofia.subject)

    with clock.stopped(clock.now() + timedelta(days=1000)), database.as_role(Role.INGEST):
        assert expire.fold_due(as_of=clock.now()) == 0

    assert "consent_permission" not in holdings.of(sofia.subject)


def test_who_computes_about_an_erased_person_writes_nothing(
    own_shop: Shop, holdings: Holdings
) -> None:
    mei, sofia = furnished(own_shop, "mei"), furnished(own_shop, "sofia")
    erased(sofia.subject)
    segment = uuid4()

    with purpose("profiling.segmentation", actor="job:test/1"), database.cursor() as sql:
        sql.execute(
            """INSERT INTO profiles_membership (id, subject_id, segment_id, entered_at, reason)
               SELECT gen_random_uuid(), s, %s, now(), '{}' FROM unnest(%s::uuid[]) s""",
            [segment, [mei.subject, sofia.subject]],
        )
        assert set(
            Member.objects.filter(segment_id=segment).values_list("subject_id", flat=True)
        ) == {mei.subject}

    assert "profiles_membership" not in holdings.of(sofia.subject)


def test_a_signed_in_customer_is_signed_out(own_shop: Shop) -> None:
    sofia = furnished(own_shop, "sofia")
    with database.as_role(Role.PORTAL):
        token = sessions.begin(sofia.subject)
        assert sessions.whose(token) == sofia.subject

    erased(sofia.subject)

    with database.as_role(Role.PORTAL):
        assert sessions.whose(token) is None


def test_no_file_is_handed_out_any_more_in_which_they_may_be(own_shop: Shop) -> None:
    sofia = furnished(own_shop, "sofia")
    with database.as_role(Role.WEB):
        waiting = Export.objects.create(
            segment_id=uuid4(), segment_name="Buyers", fields=["email"], purpose_key="service",
            recipient="Print shop", reason="letters", created_by=OPERATOR,
        )  # fmt: skip
    with database.as_role(Role.WORKER):
        Export.objects.update(state=Export.State.READY, kek_id=1, sealed_key=b"wrapped")
        ExportChunk.objects.create(export_id=waiting.pk, number=0, sealed=b"sealed")

    erased(sofia.subject)

    with database.as_role(Role.WORKER):
        dropped = Export.objects.get()
        assert (dropped.state, dropped.sealed_key) == (Export.State.EXPIRED, None)
        assert not ExportChunk.objects.exists()


def test_the_ledger_only_grows(own_shop: Shop) -> None:
    erased(furnished(own_shop, "sofia").subject)

    for statement in (
        "UPDATE consent_erasure_ledger SET reason = 'x'",
        "DELETE FROM consent_erasure_ledger",
        "TRUNCATE consent_erasure_ledger",
    ):
        with (
            database.as_role(Role.OWNER),
            pytest.raises(ProgrammingError, match="its rows stay on the record"),
            database.cursor() as sql,
        ):
            sql.execute("ALTER TABLE consent_erasure_ledger NO FORCE ROW LEVEL SECURITY")
            sql.execute(statement)

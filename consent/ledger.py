"""
The ledger: the only writer of consent records, and of the folds that follow from them.

A statement, the fold of everything said so far and the bits on every row are one transaction, so a
withdrawal holds for every read that starts after it. Sets throughout: intake folds thousands of
people in one call, the portal one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dateutil.relativedelta import relativedelta
from django.db.models import Max

from audit.inbox import record, record_many
from cdp.kernel import clock, database, workspaces
from cdp.kernel.errors import CdpError
from cdp.kernel.identifiers import uuid7
from cdp.kernel.protected import Category
from consent import folding, purposes
from consent.catalog import UNCONDITIONAL
from consent.models import ConsentRecord, NoticeVersion, SubjectFacts

State = ConsentRecord.State
# Kinds of data that nobody expects us to use: off for a new person until they switch them on.
OFF_UNTIL_ASKED = [int(Category.LOCATION), int(Category.SOCIAL)]
VERBS = {
    State.GRANTED: "consent.grant",
    State.REFUSED: "consent.refuse",
    State.WITHDRAWN: "consent.withdraw",
    State.REQUESTED: "consent.request",
    State.EXPIRED: "consent.expire",
}


class NotSwitchable(CdpError):
    """This purpose is not the person's to switch: it follows from others, the law or a contract."""

    code = "not_switchable"


@dataclass(frozen=True, slots=True)
class Said:
    """One statement of one person, on its way into the ledger. Times are aware."""

    subject: UUID
    purpose: str
    state: ConsentRecord.State
    said_at: datetime
    method: str
    origin: str
    assurance: str = "signed_in"
    language: str = ""
    idempotency_key: str | None = None


def grant(
    subject: UUID, *, purpose: str, actor: object, method: str, origin: str, language: str = "en"
) -> None:
    """
    Record that `subject` allows `purpose`, and put it in force.

    :raises UnknownPurpose: the catalogue does not list it
    :raises NotSwitchable: it is not the person's to allow, or is not in use
    """
    _say(subject, purpose, State.GRANTED, actor, method, origin, language)


def refuse(
    subject: UUID, *, purpose: str, actor: object, method: str, origin: str, language: str = "en"
) -> None:
    """
    Record that `subject` says no to `purpose` without having allowed it before.

    :raises UnknownPurpose: the catalogue does not list it
    :raises NotSwitchable: it is not the person's to refuse
    """
    _say(subject, purpose, State.REFUSED, actor, method, origin, language)


def withdraw(
    subject: UUID, *, purpose: str, actor: object, method: str, origin: str, language: str = "en"
) -> None:
    """
    Record that `subject` takes `purpose` back (or objects to it) and switch its bit off.

    Safe to repeat: a second withdrawal is a second record and the same bits.

    :raises UnknownPurpose: the catalogue does not list it
    :raises NotSwitchable: it rests on the law or a contract
    """
    _say(subject, purpose, State.WITHDRAWN, actor, method, origin, language)


def _say(
    subject: UUID,
    purpose: str,
    state: ConsentRecord.State,
    actor: object,
    method: str,
    origin: str,
    language: str,
) -> None:
    if not is_switchable(purpose) or (state is State.GRANTED and not purposes.spec(purpose).open):
        raise NotSwitchable(f"“{purpose}” cannot be switched by itself.", purpose=purpose)
    said = Said(subject, purpose, state, clock.now(), method, origin, language=language)
    write([said], actor=actor)


def is_switchable(purpose: str) -> bool:
    """
    Return whether a person may switch this purpose themselves.

    :raises UnknownPurpose: the catalogue does not list it
    """
    spec = purposes.spec(purpose)
    return not spec.folded and (
        spec.needs_consent or spec.key not in UNCONDITIONAL | {"operations"}
    )


def write(said: Sequence[Said], *, actor: object, received_at: datetime | None = None) -> None:
    """
    Append statements and put everybody they are about into force anew, or do neither.

    Statements whose idempotency key is known are left out; the fold runs all the same.
    """
    if not said:
        return
    received = received_at or clock.now()
    with database.atomic():
        notices = _notices_in_force()
        ConsentRecord.objects.bulk_create(
            (_record(each, actor, received, notices) for each in said),
            ignore_conflicts=True,
            batch_size=2_000,
        )
        _learn_age_from_notice(said, notices)
        folding.fold({each.subject for each in said}, as_of=received)
        _put_on_record(said, actor)


def _record(
    said: Said,
    actor: object,
    received: datetime,
    notices: Mapping[str, NoticeVersion],
) -> ConsentRecord:
    months = purposes.CONSENT_MONTHS
    granted = said.state is State.GRANTED
    return ConsentRecord(
        id=uuid7(),
        subject_id=said.subject,
        purpose_id=said.purpose,
        state=said.state,
        method=said.method,
        origin=said.origin,
        notice_version=notices.get(said.language) or notices.get("en"),
        language=said.language,
        assurance=said.assurance,
        said_at=said.said_at,
        received_at=received,
        expires_at=said.said_at + relativedelta(months=months) if granted else None,
        actor=str(actor),
        idempotency_key=said.idempotency_key,
    )


def _notices_in_force() -> dict[str, NoticeVersion]:
    """Return the newest version of the privacy notice, by language."""
    newest = NoticeVersion.objects.filter(notice="privacy").aggregate(n=Max("number"))["n"]
    rows = NoticeVersion.objects.filter(notice="privacy", number=newest or 0)
    return {row.language: row for row in rows}


def _learn_age_from_notice(said: Iterable[Said], notices: Mapping[str, NoticeVersion]) -> None:
    """A yes under a notice that states the age declares it; a known age is not overwritten."""
    if any(notice.states_age for notice in notices.values()):
        declared = {each.subject for each in said if each.state is State.GRANTED}
        SubjectFacts.objects.filter(subject_id__in=declared, age=SubjectFacts.Age.UNKNOWN).update(
            age=SubjectFacts.Age.ADULT_DECLARED
        )


def _put_on_record(said: Iterable[Said], actor: object) -> None:
    alike: dict[tuple[str, str, str], list[UUID]] = defaultdict(list)
    for each in said:
        act = VERBS.get(each.state, f"consent.{each.state}")
        alike[act, each.purpose, each.method].append(each.subject)
    for (act, purpose, method), subjects in alike.items():
        detail = {"purpose": purpose, "method": method}
        record_many(str(actor), act, subjects=subjects, detail=detail)


def set_category(subject: UUID, *, category: Category, allowed: bool, actor: object) -> None:
    """Record whether `subject` lets us use one kind of data, and put it in force."""
    with database.atomic():
        facts = SubjectFacts.objects.select_for_update().get(pk=subject)
        refused = set(facts.refused_categories)
        refused = refused - {int(category)} if allowed else refused | {int(category)}
        facts.refused_categories = sorted(refused)
        facts.save(update_fields=["refused_categories"])
        folding.fold([subject], as_of=clock.now())
        act = "consent.allow_category" if allowed else "consent.refuse_category"
        record(str(actor), act, subject=subject, detail={"category": category.name.lower()})


def open_files(people: Collection[UUID], *, as_of: datetime) -> None:
    """Begin the consent file of new people: nothing said, so only what needs no consent is on."""
    workspace = workspaces.current()
    with database.atomic():
        SubjectFacts.objects.bulk_create(
            (
                SubjectFacts(
                    subject_id=person,
                    workspace_id=workspace.id,
                    refused_categories=OFF_UNTIL_ASKED,
                    folded_at=as_of,
                )
                for person in people
            ),
            ignore_conflicts=True,
            batch_size=5_000,
        )
        folding.fold(people, as_of=as_of)


def learn_ages(ages: Mapping[UUID, SubjectFacts.Age], *, as_of: datetime) -> None:
    """Note what birth dates say about people's age; a minor's marketing bits close."""
    with database.atomic():
        for age in set(ages.values()):
            subjects = [subject for subject, known in ages.items() if known == age]
            SubjectFacts.objects.filter(subject_id__in=subjects).update(age=age)
        folding.fold(ages.keys(), as_of=as_of)

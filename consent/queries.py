"""What a person permits, said and was used for, as their portal and the console show it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from cdp.kernel import workspaces
from cdp.kernel.protected import Category
from consent import ledger, origins, purposes
from consent.catalog import CATALOG, PurposeSpec
from consent.models import (
    ConsentRecord,
    DataUse,
    DataUseMember,
    Permission,
    PermissionTotal,
    SubjectFacts,
)

# The kinds of data a person may switch off by themselves. Source: consent reference, part 1.3.
SWITCHABLE_CATEGORIES = (
    Category.PURCHASE,
    Category.BROWSING,
    Category.LOCATION,
    Category.DEVICE,
    Category.SOCIAL,
    Category.DEMOGRAPHIC,
    Category.INFERRED,
    Category.SEGMENT,
)


@dataclass(frozen=True, slots=True)
class Standing:
    """One purpose as it stands for one person: on or off, since when, and why."""

    purpose: str
    label: str
    plain_text: str
    basis: str
    channel: str
    requires: tuple[str, ...]
    on: bool
    reason: str
    switchable: bool
    folded: bool
    in_use: bool
    since: datetime | None
    state: str
    method: str
    notice_number: int | None


@dataclass(frozen=True, slots=True)
class CategoryStanding:
    """One kind of data as it stands for one person."""

    category: Category
    allowed: bool


@dataclass(frozen=True, slots=True)
class Use:
    """One recorded use, for a timeline."""

    id: UUID
    at: datetime
    purpose: str
    actor: str
    act: str
    scope: str
    people: int | None
    outcome: str
    ref: str


def standing(subject: UUID, *, language: str = "en") -> list[Standing]:
    """Return every purpose as it stands for one person, in catalogue order."""
    facts = SubjectFacts.objects.filter(pk=subject).first()
    reasons = facts.reasons if facts else {}
    permitted = 0
    for bits in Permission.objects.filter(subject_id=subject).values_list(
        "purpose_bits", flat=True
    ):
        permitted |= bits
    latest = _latest_records(subject)
    in_force = purposes.rules()
    return [
        _stand(
            spec, language, bool(permitted & spec.mask), reasons, latest, in_force[spec.key].open
        )
        for spec in CATALOG
        if spec.key in in_force
    ]


def _stand(
    spec: PurposeSpec,
    language: str,
    on: bool,
    reasons: dict[str, str],
    latest: dict[str, ConsentRecord],
    in_use: bool,
) -> Standing:
    label = purposes.label(spec.key, language)
    said = latest.get(spec.key)
    return Standing(
        purpose=spec.key,
        label=label.name,
        plain_text=label.text,
        basis=str(spec.basis),
        channel=spec.channel,
        requires=spec.requires,
        on=on,
        reason="" if on else reasons.get(spec.key, "no_decision"),
        switchable=in_use and ledger.is_switchable(spec.key),
        folded=spec.folded,
        in_use=in_use,
        since=said.said_at if said else None,
        state=said.state if said else "",
        method=said.method if said else "",
        notice_number=said.notice_version.number if said and said.notice_version else None,
    )


def _latest_records(subject: UUID) -> dict[str, ConsentRecord]:
    subjects = origins.of_people([subject])[subject]
    rows = ConsentRecord.objects.filter(subject_id__in=subjects, category=None)
    ordered = rows.select_related("notice_version").order_by("said_at", "received_at")
    return {row.purpose_id: row for row in ordered}


def categories(subject: UUID) -> list[CategoryStanding]:
    """Return the kinds of data a person may switch, and whether each is allowed."""
    facts = SubjectFacts.objects.filter(pk=subject).first()
    refused = set(facts.refused_categories) if facts else set()
    return [CategoryStanding(c, int(c) not in refused) for c in SWITCHABLE_CATEGORIES]


def statements_of(subject: UUID, *, limit: int = 100) -> list[ConsentRecord]:
    """Return what a person said, newest first."""
    subjects = origins.of_people([subject])[subject]
    rows = ConsentRecord.objects.filter(subject_id__in=subjects).select_related("notice_version")
    return list(rows.order_by("-said_at", "-received_at")[:limit])


def uses_of(subject: UUID, *, limit: int = 50, before: datetime | None = None) -> list[Use]:
    """
    Return the uses of one person's data, newest first.

    A use of scope `open` touched everybody who permitted its purpose then; it is listed for the
    person if they permit the purpose now or are named by it otherwise.
    """
    subjects = origins.of_people([subject])[subject]
    member = DataUseMember.objects.filter(use_id=OuterRef("id"), subject_id__in=subjects)
    open_now = [each.purpose for each in standing(subject) if each.on]
    rows = DataUse.objects.annotate(named=Exists(member)).filter(
        Q(subject_id__in=subjects)
        | Q(scope="list", named=True)
        | Q(scope="open", purpose_key__in=open_now)
    )
    if before:
        rows = rows.filter(started_at__lt=before)
    return [
        Use(
            row.id, row.started_at, row.purpose_key, row.actor, row.act, row.scope, row.people,
            row.outcome, row.ref,
        )
        for row in rows.order_by("-started_at")[:limit]
    ]  # fmt: skip


def totals(keys: Collection[str] = ()) -> dict[str, int]:
    """Return how many people permit each purpose; key '' is everybody. Kept, not counted here."""
    rows = PermissionTotal.objects.filter(workspace_id=workspaces.current().id)
    if keys:
        rows = rows.filter(purpose_key__in=[*keys, ""])
    return dict(rows.values_list("purpose_key", "people"))


def totals_counted_at() -> datetime | None:
    """Return when the current workspace's totals were counted last; None before the first time."""
    rows = PermissionTotal.objects.filter(workspace_id=workspaces.current().id)
    return rows.values_list("counted_at", flat=True).first()

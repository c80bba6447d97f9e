"""
The pipeline: from the intake journal to people. Read `STAGES` to know the platform.

One transaction per batch: either every stage has run and the requests are gone from the journal, or
nothing happened and they wait. A call that cannot be an event goes to quarantine with its reason
and costs the others nothing.
"""

import hashlib
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from dateutil.relativedelta import relativedelta
from django.db import InterfaceError, OperationalError

from audit.actors import Actor
from audit.inbox import record
from cdp.kernel import clock, crypto, database, keyring, subjects, windows, workspaces
from cdp.kernel.keyring import KeysUnusable, Use
from cdp.kernel.logging import logger
from cdp.kernel.windows import Window
from consent import folding, ledger, signals_in
from consent.models import SubjectFacts
from profiles.events import journal, log, wire
from profiles.events.clean import CleanEvent, EventRefused, clean
from profiles.events.intake import journal_aad
from profiles.events.journal import Request
from profiles.identity import erased
from profiles.identity import resolve as identity
from profiles.identity.resolve import Resolved
from profiles.records import touch
from profiles.sources import find as sources
from profiles.sources.find import SourceFacts
from profiles.traits import declare
from profiles.vault import put
from profiles.vault.fields import BY_WIRE_NAME, FIELDS
from profiles.vault.normalize import UnreadableEmail, UnreadablePhone

INTAKE = Actor.system("intake")
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,6})?")  # BCP 47, as far as we keep it
AGE_OF_CONSENT_YEARS = 16  # GDPR Art. 8; member states may go down to 13
LATEST_BIRTH_YEAR = 2200  # far enough that no age is out of the calendar
BATCH_EVENTS = 5_000
PATIENCE = 3  # failures of one request before it is set aside


@dataclass(slots=True)
class Batch:
    """What the stages hand on to each other."""

    workspace: UUID
    requests: list[Request]
    sources: dict[UUID, SourceFacts]
    now: datetime
    events: list[CleanEvent] = field(default_factory=list)
    refused: list[tuple[UUID, datetime, str, str, str, bytes, int]] = field(default_factory=list)
    resolved: Resolved = field(default_factory=Resolved)
    keys: dict[UUID, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drained:
    """What one batch came to; `seconds` by stage."""

    requests: int
    events: int
    refused: int
    born: int
    seconds: dict[str, float]


def drain_once(workspace: UUID, *, events: int = BATCH_EVENTS) -> Drained | None:
    """
    Drain one batch of a workspace's journal; None when nothing waits.

    Safe to repeat and to kill: the batch is one transaction.
    """
    window = Window("intake", "service", str(INTAKE))
    with database.in_workspace(workspace), windows.opened(window), database.atomic():
        database.settle({"cdp.actor": str(INTAKE), "cdp.purpose": "service"})
        requests = journal.take(workspace, events=events)
        if not requests:
            return None
        batch = Batch(workspace, requests, sources.by_id(), clock.now())
        seconds: dict[str, float] = {}
        for stage in STAGES:
            began = time.perf_counter()
            stage(batch)
            seconds[stage.__name__] = round(time.perf_counter() - began, 4)
        journal.drop(requests)
        database.settle({"cdp.actor": "", "cdp.purpose": ""})
    logger().info("drain.batch", count=len(batch.events), entries=len(batch.refused))
    return Drained(
        len(requests), len(batch.events), len(batch.refused), len(batch.resolved.born), seconds
    )


def drain(workspace: UUID) -> bool:
    """
    Drain one batch and outlive what nobody foresaw; return whether anything was done.

    Where a batch fails, the oldest request is tried by itself and blamed when it fails again; at
    the third failure it is set aside, sealed, in quarantine. A database or key that is
    away is no request's fault.

    :raises OperationalError, InterfaceError: the database does not answer
    :raises KeysUnusable: data keys cannot be opened or made
    """
    try:
        return drain_once(workspace) is not None
    except (OperationalError, InterfaceError, KeysUnusable):
        raise
    except Exception:
        logger().exception("drain.batch_failed", workspace=str(workspace))
    try:
        return drain_once(workspace, events=1) is not None
    except (OperationalError, InterfaceError, KeysUnusable):
        raise
    except Exception:
        set_aside = journal.blame_oldest(workspace, tries=PATIENCE)
        logger().exception("drain.request_failed", workspace=str(workspace), count=int(set_aside))
        return True


def parse(batch: Batch) -> None:
    """Turn each request's calls into clean events; the rest goes to quarantine with a reason."""
    for request in batch.requests:
        envelope = request.envelope
        for raw in envelope.batch:
            try:
                event = clean(
                    wire.call(raw),
                    source=request.source,
                    received_at=request.received_at,
                    sent_at=envelope.sentAt,
                    kind=envelope.kind,
                    shared_context=envelope.context,
                    raw=bytes(raw),
                    gpc=request.gpc,
                    is_platform=batch.sources[request.source].is_platform,
                    region=workspaces.current().region,
                )
            except EventRefused as refusal:
                _refuse(batch, request, raw, refusal.reason, refusal.detail)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                _refuse(batch, request, raw, "unreadable_json", "")
            else:
                batch.events.append(event)


def _refuse(batch: Batch, request: Request, raw: msgspec.Raw, reason: str, detail: str) -> None:
    key = keyring.current().active(Use.INTAKE)
    sealed = crypto.seal(key.material, bytes(raw), journal_aad(request.source, key.id))
    batch.refused.append((request.source, request.received_at, reason, detail, "", sealed, key.id))


def _keep_stranger(batch: Batch, event: CleanEvent) -> None:
    """Keep a platform event about somebody who is gone; it must not make them anew."""
    key = keyring.current().active(Use.INTAKE)
    plain = msgspec.json.encode({"event": event.name, "properties": event.properties})
    sealed = crypto.seal(key.material, plain, journal_aad(event.source, key.id))
    batch.refused.append(
        (event.source, event.received_at, "unknown_subject", "", event.key, sealed, key.id)
    )


def deduplicate(batch: Batch) -> None:
    """Drop events whose (source, key) came before; a retry changes nothing."""
    batch.events = log.new_only(batch.events) if batch.events else []


def turn_away(batch: Batch) -> None:
    """Let nobody back in who was erased: of their calls, the reason is kept and no word else."""
    identity.alone()
    authorities = {key for key, facts in batch.sources.items() if facts.consent_authority}
    parted = erased.part(batch.events, authorities=authorities, as_of=batch.now)
    batch.events = list(parted.staying)
    key = keyring.current().active(Use.INTAKE)
    for event in parted.gone:
        nothing = crypto.seal(key.material, b"{}", journal_aad(event.source, key.id))
        batch.refused.append((event.source, event.received_at, "erased", "", "", nothing, key.id))
    if parted.lifted:
        record(INTAKE, "suppression.lift", detail={"count": parted.lifted})


def resolve(batch: Batch) -> None:
    """Find or make the person of each event; open the consent file of new people first."""
    batch.resolved = identity.resolve(batch.events)
    for event in batch.resolved.strangers:
        _keep_stranger(batch, event)
    batch.events = [event for event in batch.events if event.id in batch.resolved.subjects]
    ledger.open_files(list(batch.resolved.born), as_of=batch.now)
    identity.write(batch.resolved)
    batch.keys = subjects.ensure_data_keys(set(batch.resolved.subjects.values()))
    touch.touch(
        [
            (batch.resolved.subjects[event.id], event.happened_at)
            for event in batch.events
            if event.is_persons_act
        ]
    )
    for kept, gone, _, _ in batch.resolved.merges:
        touch.absorb(kept, gone)
    if batch.resolved.merges:
        survivors = {batch.resolved.current(kept) for kept, _, _, _ in batch.resolved.merges}
        folding.fold(survivors, as_of=batch.now)
        for kept, gone, why, _ in batch.resolved.merges:
            detail = {"merged": str(gone), "reason": f"same_{why.kind}"}
            record(INTAKE, "profile.merge", subject=kept, detail=detail)


def seal(batch: Batch) -> None:
    """Put the personal values of identify calls into the vault, sealed before their first write."""
    values = []
    for event in batch.events:
        subject = batch.resolved.subjects[event.id]
        generated = batch.sources[event.source].generated
        for name, value in event.traits.items():
            text = _as_text(value)
            if name in BY_WIRE_NAME and text:
                values.append(
                    put.Value(subject, BY_WIRE_NAME[name].key, text, event.source, generated)
                )
    readable = [value for value in values if _is_readable(value)]
    put.put_many(readable, batch.keys, at=batch.now)


def _as_text(value: Any) -> str:
    if isinstance(value, dict):  # a postal address
        return ", ".join(str(part) for part in value.values() if isinstance(part, (str, int)))
    return value.strip() if isinstance(value, str) else ""


def _is_readable(value: put.Value) -> bool:
    """Say whether an indexed value can be normalized; if not, the event carries the flag."""
    try:
        put.check(value)
    except (UnreadableEmail, UnreadablePhone):
        return False
    return True


def note_facts(batch: Batch) -> None:
    """Keep declared traits, the language, and what a birth date says about age."""
    ages: dict[UUID, SubjectFacts.Age] = {}
    languages: dict[UUID, str] = {}
    for event in batch.events:
        if event.kind != "identify":
            continue
        subject = batch.resolved.subjects[event.id]
        language = event.traits.get("language")
        if isinstance(language, str) and LANGUAGE_TAG.fullmatch(language):
            languages[subject] = language
        born = _birth_date(event.traits)
        if born is not None:
            of_age = born + relativedelta(years=AGE_OF_CONSENT_YEARS) <= batch.now.date()
            ages[subject] = SubjectFacts.Age.ADULT if of_age else SubjectFacts.Age.MINOR
    declare.put_many(
        [
            declare.Stated(batch.resolved.subjects[event.id], event.traits, event.source,
                           event.happened_at)
            for event in batch.events
            if event.kind == "identify"
        ]
    )  # fmt: skip
    touch.speak(languages)
    if ages:
        ledger.learn_ages(ages, as_of=batch.now)


def _birth_date(traits: dict[str, Any]) -> date | None:
    names = FIELDS["birth_date"].wire_names
    value = next((v for k, v in traits.items() if k in names), None)
    try:
        found = date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found and found.year < LATEST_BIRTH_YEAR else None


def hear_consent(batch: Batch) -> None:
    """Take consent that came with events: a no counts at once, a yes from an authority only."""
    said = []
    for event in batch.events:
        if event.name != signals_in.PREFERENCE_UPDATED:
            continue
        authority = batch.sources[event.source].consent_authority
        for preference in signals_in.preferences(event.context) or ():
            if not ledger.is_switchable(preference.purpose):
                continue
            state = ledger.State.GRANTED if authority else ledger.State.REQUESTED
            said.append(
                ledger.Said(
                    # whose word it is, not whom they were merged into later in this batch
                    subject=batch.resolved.subjects[event.id],
                    purpose=preference.purpose,
                    state=state if preference.allowed else ledger.State.WITHDRAWN,
                    said_at=event.happened_at,
                    method="event",
                    origin="api",
                    assurance=_assurance(event) if authority else "anonymous",
                    idempotency_key=f"{event.source}:{event.key}:{preference.purpose}"[:300],
                )
            )
    ledger.write(said, actor=INTAKE, received_at=batch.now)


def _assurance(event: CleanEvent) -> str:
    is_known = event.subject or any(each.kind != "anonymous_id" for each in event.identifiers)
    return "contact_verified" if is_known else "anonymous"


def append(batch: Batch) -> None:
    """Append the events to the log, each stamped with what its person permits now."""
    if batch.events:
        log.append(batch.events, batch.resolved.subjects, batch.keys)


def keep_refused(batch: Batch) -> None:
    """Keep what could not be an event, sealed, with its reason."""
    log.quarantine(batch.workspace, batch.refused)


def put_on_record(batch: Batch) -> None:
    """Write one entry per source: how many events, and a digest over their keys."""
    by_source: dict[UUID, list[str]] = {}
    for event in batch.events:
        by_source.setdefault(event.source, []).append(event.key)
    for source, keys in by_source.items():
        digest = hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()
        record(
            INTAKE,
            "events.append",
            obj=f"source:{batch.sources[source].key}",
            detail={"count": len(keys), "keys_sha256": digest},
        )


Stage = Callable[[Batch], None]
STAGES: Sequence[Stage] = (
    parse,
    deduplicate,
    turn_away,
    resolve,
    seal,
    note_facts,
    hear_consent,
    append,
    keep_refused,
    put_on_record,
)

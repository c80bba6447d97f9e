"""The tables of every room, for Django."""

from profiles.events.models import Event, EventKey, JournalEntry, Quarantined
from profiles.exports.models import Export, ExportChunk
from profiles.identity.models import Identifier, Merge
from profiles.records.models import Profile, Purchase
from profiles.scoring.models import ModelVersion, Score
from profiles.segments.models import Member, Segment
from profiles.sources.models import Source, WriteKey
from profiles.traits.models import ComputedTrait, DeclaredTrait
from profiles.vault.models import VaultValue

__all__ = [
    "ComputedTrait",
    "DeclaredTrait",
    "Event",
    "EventKey",
    "Export",
    "ExportChunk",
    "Identifier",
    "JournalEntry",
    "Member",
    "Merge",
    "ModelVersion",
    "Profile",
    "Purchase",
    "Quarantined",
    "Score",
    "Segment",
    "Source",
    "VaultValue",
    "WriteKey",
]

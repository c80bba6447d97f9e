"""
A witness: somebody else who signs our checkpoints, each only if it adds to the one before.

Optional (`CDP_AUDIT_WITNESS_URL`, `CDP_AUDIT_WITNESS_VKEY`). What the witness signed is kept beside
the checkpoint and goes into proof files. It learns sizes and roots, nothing of the entries.
Source: C2SP tlog-witness.
"""

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from audit import checkpoint, cosignature, shelf, signing
from audit.checkpoint import NoteRefused, VerifierKey
from audit.consistency import path_between
from audit.shelf import Signed
from cdp.kernel import clock, outgoing
from cdp.kernel.errors import CdpError
from cdp.kernel.logging import logger
from cdp.kernel.outgoing import Answer, OutgoingRefused, Unanswered, Unreached

EVERY = timedelta(minutes=10)
_SIGNED, _CONFLICT = 200, 409


class WitnessRefused(CdpError):
    """The witness did not sign: for it, this log is another one."""

    code = "witness_refused"


@dataclass(frozen=True, slots=True)
class Witness:
    """Where a witness is asked, and the key that it signs with."""

    url: str
    key: VerifierKey


class Cosigner:
    """Asks the configured witness every so often; called by the sequencer's second thread."""

    def __init__(self, every: timedelta = EVERY) -> None:
        self._every = every
        self._due: datetime | None = None

    def __call__(self) -> None:
        """Ask if it is time; a witness that is away or refuses is named and asked again later."""
        witness, now = configured(), clock.now()
        if witness is None or (self._due and now < self._due):
            return
        self._due = now + self._every
        try:
            cosign(witness)
        except (OutgoingRefused, Unreached, Unanswered, WitnessRefused, NoteRefused) as failure:
            logger().error("audit.witness_failed", code=failure.code)


def configured() -> Witness | None:
    """Return the witness in the settings, None if there is none."""
    keys = signing.witnesses()
    return Witness(settings.AUDIT_WITNESS_URL.rstrip("/"), keys[0]) if keys else None


def cosign(witness: Witness) -> int:
    """
    Have the newest checkpoint signed and keep the line; return its size, 0 if nothing was due.

    :raises WitnessRefused: the witness saw another history, or knows nothing of this log
    :raises NoteRefused: what it answered is not its signature
    :raises OutgoingRefused, Unreached, Unanswered: it cannot be asked
    """
    new = shelf.newest_checkpoint()
    old = shelf.last_cosigned(witness.key.name)
    if new is None or old == new.size:
        return 0
    answer = _ask(witness, old, new)
    if answer.status == _CONFLICT:  # it saw more, or less, than we remember
        answer = _ask(witness, _seen(answer, new), new)
    if answer.status != _SIGNED:
        raise WitnessRefused(
            f"The witness answered {answer.status} and did not sign. Compare its checkpoint with "
            f"“manage.py audit checkpoint”.",
            status=answer.status,
        )
    text = checkpoint.text_of(new.note)
    lines = answer.body.decode(errors="replace").split("\n")
    line = next((each for each in lines if cosignature.is_of(each, witness.key)), "")
    at = cosignature.read(line, witness.key, text)
    shelf.write_cosignature(new.size, witness.key.name, line + "\n", at)
    return new.size


def _ask(witness: Witness, old: int, new: Signed) -> Answer:
    steps = "".join(base64.b64encode(step).decode() + "\n" for step in path_between(old, new))
    body = f"old {old}\n{steps}\n{new.note}".encode()
    return outgoing.post(f"{witness.url}/add-checkpoint", body=body)


def _seen(answer: Answer, new: Signed) -> int:
    """Return the size that the witness has seen; more than we have means that ours was cut off."""
    text = answer.body.decode(errors="replace").strip()
    size = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else new.size + 1
    if size > new.size:
        raise WitnessRefused("The witness saw a longer log than this one.", status=answer.status)
    return size

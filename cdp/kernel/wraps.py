"""
How often each key-encryption key has wrapped: AES-GCM with random nonces has an end.

Counted in blocks on `kernel_key`, so that its row is not hot; counting too much harms nothing. A
block counts as this process's once its transaction is committed, so a rollback loses no wrap.
Source: NIST SP 800-38D, 8.3: 2^32 encryptions a key; we stop at half.
"""

import os
import threading
from collections import Counter

from django.db import transaction

from cdp.kernel import database
from cdp.kernel.keyring import KeysUnusable
from cdp.kernel.logging import logger

BLOCK = 10_000
WARN_FROM = 2**30
MOST = 2**31


class KeyWornOut(KeysUnusable):
    """A key-encryption key has wrapped as much as it may."""

    code = "key_worn_out"


class KeyUnregistered(KeysUnusable):
    """The keyring's active key-encryption key is not known to the database."""

    code = "key_unregistered"


_lock = threading.Lock()
_made: Counter[int] = Counter()
_reserved: Counter[int] = Counter()


def count(kek_id: int, number: int) -> None:
    """
    Count `number` wraps by a key before they are made; asks the database once in `BLOCK`.

    :raises KeyWornOut: it has wrapped 2^31 times
    :raises KeyUnregistered: the database does not know it
    """
    with _lock:
        _made[kek_id] += number
        short = _made[kek_id] - _reserved[kek_id]
    if short > 0:
        block = max(BLOCK, short)
        _reserve(kek_id, block)
        transaction.on_commit(lambda: _credit(kek_id, block), using=database.alias())


def forget() -> None:
    """Begin to count anew, as a process that has just started does."""
    with _lock:
        _made.clear()
        _reserved.clear()


def _reserve(kek_id: int, block: int) -> None:
    with database.cursor() as sql:
        sql.execute(
            """UPDATE kernel_key SET wraps = wraps + %s WHERE use = 'kek' AND key_id = %s
               RETURNING wraps""",
            [block, kek_id],
        )
        row = sql.fetchone()
    if row is None:
        raise KeyUnregistered(
            f"The database does not know KEK {kek_id}. Run: manage.py migrate", key_id=kek_id
        )
    if row[0] > MOST:
        raise KeyWornOut(
            f"KEK {kek_id} has wrapped {MOST:,} data keys and wraps no more. "
            "Run: manage.py keys rotate --use kek",
            key_id=kek_id,
        )
    if row[0] >= WARN_FROM:
        logger().warning("keys.rotate_soon", key_id=kek_id, count=row[0])


def _credit(kek_id: int, block: int) -> None:
    with _lock:
        _reserved[kek_id] += block


# A child would spend what its parent reserved a second time.
os.register_at_fork(after_in_child=forget)

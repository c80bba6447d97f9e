"""The number made of a digest is the same in the database and in Python."""

import hashlib

import ibis
import pytest

from cdp.engine import dialect
from tests.engine.rows import one


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", "spring:1", "it's", "客户"])
def test_a_digest_number_equals_pythons(text: str) -> None:
    number = dialect.digest_number(ibis.literal(text), digits=7)

    assert one(number=number) == (int(hashlib.md5(text.encode()).hexdigest()[:7], 16),)

"""Blind indexes: one person typed in several ways is one digest, under a key of its own."""

from collections.abc import Iterator

import pytest

from cdp.kernel import database, workspaces
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from profiles.events.models import Quarantined
from profiles.models import Event
from profiles.vault import index
from profiles.vault.normalize import UnreadablePhone
from tests.people import Shop


@pytest.fixture
def in_china(workspace: Workspace) -> Iterator[None]:
    """Let the workspace's phone numbers without a prefix be Chinese."""
    with database.as_role(Role.WEB):
        Workspace.objects.filter(pk=workspace.pk).update(settings={"region": "CN"})
    workspaces._facts.cache_clear()
    yield
    workspaces._facts.cache_clear()


EMAILS = [
    "ann@bücher.example", "  Ann@BÜCHER.example ", "ＡＮＮ@bücher.example",
    "ann@xn--bcher-kva.example", "ann@bücher.example.",
]  # fmt: skip
PHONES = [
    "+8613800138000",
    "0086 138-0013-8000",
    "+86 (138) 0013 8000",
    "＋８６１３８００１３８０００",
]


@pytest.mark.parametrize(("kind", "variants"), [("email", EMAILS), ("phone", PHONES)])
def test_every_way_of_typing_it_hits_one_index(
    kind: str, variants: list[str], workspace: Workspace
) -> None:
    """Attack case 18: case, IDN, space and NFKC variants; +86, 0086 and spaces."""
    assert len({index.blind(kind, each) for each in variants}) == 1


@pytest.mark.parametrize(
    "typed", ["13800138000", "138 0013 8000", "(86) 138 0013 8000", "00 86 138 0013 8000"]
)
def test_a_number_without_its_prefix_hits_the_same_index_in_its_region(
    typed: str, in_china: None
) -> None:
    """Attack case 18: the workspace's region fills the prefix in."""
    assert index.blind("phone", typed) == index.blind("phone", "+8613800138000")


@pytest.mark.parametrize("junk", ["12345", "abc", "+86 1", "00"])
def test_a_number_that_can_be_none_is_not_indexed(junk: str, workspace: Workspace) -> None:
    """Attack case 18: junk has no index."""
    with pytest.raises(UnreadablePhone):
        index.blind("phone", junk)


def test_junk_in_a_call_is_flagged_and_quarantined_where_it_is_all_there_is(shop: Shop) -> None:
    """Attack case 18: a junk phone is set aside, never indexed as it came."""
    shop.send({"type": "identify", "userId": "u-1", "traits": {"phone": "12"}})
    shop.send({"type": "identify", "traits": {"phone": "12"}})

    with database.as_role(Role.INGEST), database.cursor() as sql:
        assert "unusable_phone" in Event.objects.get().flags
        assert [row.reason for row in Quarantined.objects.all()] == ["missing_identity"]
        sql.execute("SELECT count(*) FROM profiles_identifier WHERE kind = 'phone'")
        assert sql.fetchone() == (0,)
        sql.execute("SELECT count(*) FROM profiles_vaultvalue WHERE field = 'phone'")
        assert sql.fetchone() == (0,)


def test_a_call_is_read_in_the_workspaces_region(shop: Shop, in_china: None) -> None:
    shop.send({"type": "identify", "userId": "u-1", "traits": {"phone": "138 0013 8000"}})

    assert shop.subject_of("phone", "+8613800138000") == shop.subject_of("user_id", "u-1")


def test_equal_texts_of_two_kinds_or_workspaces_have_different_digests(
    workspace: Workspace,
) -> None:
    here = index.blind("user_id", "ann")
    with database.as_role(Role.WEB):
        other = Workspace.objects.create(key="other", name="Other", settings={})

    assert here != index.blind("anonymous_id", "ann")
    with database.in_workspace(other.pk):
        assert index.blind("user_id", "ann") != here

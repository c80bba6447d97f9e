"""A team: who is in it, what owners may do, and what nobody may."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from cdp.accounts import invitations, operator_sessions, operators, team
from cdp.accounts.models import Invitation, Operator, OperatorRole
from cdp.accounts.permissions import Role
from cdp.kernel import clock, database
from cdp.kernel.models import Workspace

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PASSWORD = "correct horse battery"
Hire = Callable[..., Operator]


@pytest.fixture
def hire(workspace: Workspace) -> Hire:
    """Return a function that makes an operator with roles."""

    def make(name: str, *roles: Role, at: UUID | None = None) -> Operator:
        with database.door("web"):
            made = operators.create_operator(
                email=f"{name}@shop.example", name=name.title(), password=PASSWORD
            )
            for role in roles:
                operators.grant_role(made, workspace=at or workspace.pk, role=role)
        return made

    return make


@pytest.fixture
def outlet(workspace: Workspace) -> Workspace:
    """Return another workspace."""
    with database.door("web"):
        return Workspace.objects.create(key="outlet", name="Bob's Outlet", settings={})


def test_the_team_are_those_with_a_role_or_an_invitation(
    workspace: Workspace, hire: Hire, outlet: Workspace
) -> None:
    hire("ada", Role.ADMINISTRATOR, Role.AUDITOR)
    hire("bob", Role.MARKETER, at=outlet.pk)
    with database.door("web"), clock.stopped(NOON):
        invitations.invite(email="Li@Shop.example", name="Li", workspace=workspace.pk)

        found = team.members(workspace.pk)

    assert [(each.operator.name, each.roles, each.invited_until) for each in found] == [
        ("Ada", (Role.AUDITOR, Role.ADMINISTRATOR), None),
        ("Li", (), NOON + timedelta(hours=24)),
    ]


def test_an_owner_grants_and_takes_a_role(workspace: Workspace, hire: Hire) -> None:
    ada, alice = hire("ada", Role.ADMINISTRATOR), hire("alice", Role.MARKETER)
    who = {"workspace": workspace.pk, "by": ada.pk}

    with database.door("web"):
        assert team.grant(alice.pk, role=Role.ANALYST, **who)
        assert not team.grant(alice.pk, role=Role.ANALYST, **who)
        assert team.take(alice.pk, role=Role.MARKETER, **who)
        assert not team.take(alice.pk, role=Role.MARKETER, **who)

        assert team.member(alice.pk, workspace=workspace.pk).roles == (Role.ANALYST,)


def test_nobody_changes_their_own_access(workspace: Workspace, hire: Hire) -> None:
    ada = hire("ada", Role.ADMINISTRATOR)
    hire("omar", Role.ADMINISTRATOR)
    own = {"workspace": workspace.pk, "by": ada.pk}

    with database.door("web"):
        for change in (
            lambda: team.grant(ada.pk, role=Role.SUPPORT, **own),
            lambda: team.take(ada.pk, role=Role.ADMINISTRATOR, **own),
            lambda: team.end_access(ada.pk, **own),
        ):
            with pytest.raises(team.OwnAccess):
                change()


def test_the_last_owner_stays(workspace: Workspace, hire: Hire) -> None:
    ada, omar = hire("ada", Role.ADMINISTRATOR), hire("omar", Role.PRIVACY)
    by_omar = {"workspace": workspace.pk, "by": omar.pk}

    with database.door("web"):
        with pytest.raises(team.LastOwner):
            team.take(ada.pk, role=Role.ADMINISTRATOR, **by_omar)
        with pytest.raises(team.LastOwner):
            team.end_access(ada.pk, **by_omar)

        hire("uma", Role.ADMINISTRATOR)
        assert team.take(ada.pk, role=Role.ADMINISTRATOR, **by_omar)


@pytest.mark.parametrize("unable", ["inactive", "never joined"])
def test_an_owner_who_cannot_sign_in_is_no_other_owner(
    workspace: Workspace, hire: Hire, unable: str
) -> None:
    ada, omar = hire("ada", Role.ADMINISTRATOR), hire("omar", Role.PRIVACY)
    ghost = hire("ghost", Role.ADMINISTRATOR)
    with database.door("web"):
        if unable == "inactive":
            ghost.is_active = False
        else:
            ghost.set_unusable_password()
        ghost.save()

        with pytest.raises(team.LastOwner):
            team.end_access(ada.pk, workspace=workspace.pk, by=omar.pk)


def test_ended_access_leaves_no_way_in(workspace: Workspace, hire: Hire) -> None:
    ada, sam = hire("ada", Role.ADMINISTRATOR), hire("sam", Role.SUPPORT)
    proof = sam.get_session_auth_hash()

    with database.door("web"):
        team.end_access(sam.pk, workspace=workspace.pk, by=ada.pk)

        sam.refresh_from_db()
        with pytest.raises(team.NotInTeam):
            team.member(sam.pk, workspace=workspace.pk)
    assert not sam.is_active
    assert not sam.check_password(PASSWORD)
    assert sam.get_session_auth_hash() != proof


def test_who_works_elsewhere_too_only_leaves_this_team(
    workspace: Workspace, hire: Hire, outlet: Workspace
) -> None:
    ada, sam = hire("ada", Role.ADMINISTRATOR), hire("sam", Role.SUPPORT)
    with database.door("web"):
        operators.grant_role(sam, workspace=outlet.pk, role=Role.VIEWER)

        team.end_access(sam.pk, workspace=workspace.pk, by=ada.pk)

        sam.refresh_from_db()
        left = OperatorRole.objects.filter(operator=sam).values_list("workspace_id", flat=True)
        assert list(left) == [outlet.pk]
    assert sam.is_active and sam.check_password(PASSWORD)


def test_another_workspace_s_operator_is_not_in_the_team(
    workspace: Workspace, hire: Hire, outlet: Workspace
) -> None:
    ada, bob = hire("ada", Role.ADMINISTRATOR), hire("bob", Role.MARKETER, at=outlet.pk)
    who = {"workspace": workspace.pk, "by": ada.pk}

    with database.door("web"):
        for change in (
            lambda: team.grant(bob.pk, role=Role.VIEWER, **who),
            lambda: team.take(bob.pk, role=Role.MARKETER, **who),
            lambda: team.end_access(bob.pk, **who),
        ):
            with pytest.raises(team.NotInTeam):
                change()


def test_who_holds_a_permission_is_named(workspace: Workspace, hire: Hire) -> None:
    hire("uma", Role.AUDITOR, Role.PRIVACY)
    hire("ada", Role.ADMINISTRATOR)
    hire("alice", Role.MARKETER)

    with database.door("web"):
        assert team.names_with("audit:read", workspace=workspace.pk) == ["Ada", "Uma"]


def test_a_link_gives_a_password_once(workspace: Workspace) -> None:
    with database.door("web"), clock.stopped(NOON):
        invited = invitations.invite(email="li@shop.example", name="Li", workspace=workspace.pk)
        assert invited.token is not None
        assert invitations.find(invited.token)

        invitations.accept(invited.token, password=PASSWORD)

        assert Operator.objects.get(email="li@shop.example").check_password(PASSWORD)
        assert invitations.find(invited.token) is None
        with pytest.raises(invitations.InvitationOver):
            invitations.accept(invited.token, password="another long password")
        assert invitations.is_member(invited.operator.pk, workspace=workspace.pk)


def test_a_link_is_kept_as_a_digest(workspace: Workspace) -> None:
    with database.door("web"):
        invited = invitations.invite(email="li@shop.example", name="Li", workspace=workspace.pk)

        assert str(invited.token).encode() not in bytes(Invitation.objects.get().digest or b"")


def test_a_link_ends_after_a_day(workspace: Workspace) -> None:
    with database.door("web"), clock.stopped(NOON):
        token = (
            invitations.invite(email="li@shop.example", name="Li", workspace=workspace.pk).token
            or ""
        )

        with clock.stopped(NOON + timedelta(hours=23, minutes=59)):
            assert invitations.find(token)
        with clock.stopped(NOON + timedelta(hours=24)):
            assert invitations.find(token) is None
            with pytest.raises(invitations.InvitationOver):
                invitations.accept(token, password=PASSWORD)


def test_a_weak_password_leaves_the_link_unused(workspace: Workspace) -> None:
    with database.door("web"):
        token = (
            invitations.invite(email="li@shop.example", name="Li", workspace=workspace.pk).token
            or ""
        )

        with pytest.raises(operators.WeakPassword):
            invitations.accept(token, password="short")
        assert invitations.accept(token, password=PASSWORD)


def test_a_fresh_link_ends_the_former(workspace: Workspace, hire: Hire) -> None:
    sam = hire("sam", Role.SUPPORT)
    with database.door("web"):
        former = invitations.renew(sam, workspace=workspace.pk)
        fresh = invitations.renew(sam, workspace=workspace.pk)

        assert invitations.find(former) is None
        assert sam.check_password(PASSWORD), "until the link is used"
        operator_sessions.begin(sam.pk, device="Firefox · Linux")
        invitations.accept(fresh, password="another long password")
        sam.refresh_from_db()
        assert sam.check_password("another long password")
        assert operator_sessions.open_of(sam.pk) == []


def test_one_owner_gives_no_new_password_to_who_works_elsewhere_too(
    workspace: Workspace, hire: Hire, outlet: Workspace
) -> None:
    sam = hire("sam", Role.SUPPORT)
    with database.door("web"):
        operators.grant_role(sam, workspace=outlet.pk, role=Role.ADMINISTRATOR)

        with pytest.raises(invitations.WorksElsewhere):
            invitations.renew(sam, workspace=workspace.pk)


def test_who_has_a_password_from_elsewhere_needs_no_link(
    workspace: Workspace, hire: Hire, outlet: Workspace
) -> None:
    bob = hire("bob", Role.MARKETER, at=outlet.pk)
    with database.door("web"):
        invited = invitations.invite(email="BOB@shop.example", name="B", workspace=workspace.pk)

        assert (invited.operator.pk, invited.token) == (bob.pk, None)
        bob.refresh_from_db()
        assert bob.name == "Bob", "what another workspace calls them stays"
        with pytest.raises(invitations.InTeamAlready):
            invitations.invite(email="bob@shop.example", name="B", workspace=workspace.pk)


def test_who_was_invited_elsewhere_first_gets_the_link_from_there_alone(
    workspace: Workspace, outlet: Workspace
) -> None:
    with database.door("web"):
        first = invitations.invite(email="li@shop.example", name="Li", workspace=outlet.pk)
        operators.grant_role(first.operator, workspace=outlet.pk, role=Role.PRIVACY)

        second = invitations.invite(email="li@shop.example", name="Li", workspace=workspace.pk)

        assert second == invitations.Invited(first.operator, None)
        assert first.token is not None
        invitations.accept(first.token, password=PASSWORD)
        assert invitations.is_member(first.operator.pk, workspace=workspace.pk)


def test_who_comes_back_begins_with_a_new_link(workspace: Workspace, hire: Hire) -> None:
    ada, sam = hire("ada", Role.ADMINISTRATOR), hire("sam", Role.SUPPORT)
    with database.door("web"):
        team.end_access(sam.pk, workspace=workspace.pk, by=ada.pk)

        invited = invitations.invite(email=sam.email, name="Samuel", workspace=workspace.pk)

        assert invited.token is not None
        sam.refresh_from_db()
    assert (sam.is_active, sam.name, sam.has_usable_password()) == (True, "Samuel", False)

"""The audit log, purposes and sources as screens show them; the overview's numbers."""

from datetime import timedelta

from django.test import Client
from django.urls import reverse

from audit import sequencer
from cdp.console import event_counts
from cdp.console.access import ConsoleRequest
from cdp.kernel import clock, database
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from tests.people import EVERYTHING, Shop


def signed() -> None:
    """Let the sequencer put what waits into the tree."""
    with database.as_role(Role.AUDIT):
        sequencer.sequence()


def test_reading_the_log_is_an_entry_itself(workspace: Workspace, omar: Client) -> None:
    omar.get(reverse("console:audit"))
    signed()

    page = omar.get(reverse("console:audit")).content.decode()

    assert "read the audit log" in page
    assert "Operator" in page


def test_an_entry_s_proof_is_handed_out_as_a_file(workspace: Workspace, omar: Client) -> None:
    omar.get(reverse("console:audit"))
    signed()

    answer = omar.get(reverse("console:audit_proof", args=[0]))

    assert answer["Content-Disposition"] == 'attachment; filename="entry-0.tlog-proof"'
    assert answer.content.startswith(b"c2sp.org/tlog-proof@v1\n")


def test_an_entry_that_is_not_there_is_not_here(workspace: Workspace, omar: Client) -> None:
    for name in ("console:audit_entry", "console:audit_proof"):
        assert omar.get(reverse(name, args=[4711])).status_code == 404


def test_entries_are_filtered_by_act(workspace: Workspace, omar: Client) -> None:
    omar.get(reverse("console:audit"))
    signed()

    matching = omar.get(reverse("console:audit"), {"act": "audit."}).content.decode()
    others = omar.get(reverse("console:audit"), {"act": "vault."}).content.decode()

    assert "read the audit log" in matching
    assert "No entry matches these filters." in others


def test_purposes_show_what_people_said(shop: Shop, omar: Client) -> None:
    shop.welcome("mei", says=EVERYTHING)
    shop.welcome("jonas", says={"marketing.email": False})

    page = omar.get(reverse("console:consents")).content.decode()

    row = page[page.index("Marketing by e-mail") :][:2000]
    asked_and_refused = [
        part.partition("</td>")[0] for part in row.split('<td class="figure">')[3:5]
    ]
    assert asked_and_refused == ["2", "1"]


def test_a_write_key_shows_its_beginning_only(shop: Shop, ada: Client) -> None:
    from profiles.models import Source, WriteKey

    source = Source.objects.get(key="till")
    with database.as_role(Role.WEB):
        WriteKey.objects.create(
            source=source, workspace_id=shop.workspace.pk, key="wk_abcdefghijklmnop"
        )

    page = ada.get(reverse("console:sources")).content.decode()

    assert "wk_abc…" in page
    assert "abcdefghijklmnop" not in page


def test_orders_per_day_are_what_was_sold(shop: Shop, workspace: Workspace) -> None:
    mei, jonas = shop.welcome("mei", says=EVERYTHING), shop.welcome("jonas")
    for days_ago, total in ((0.5, 10.0), (1.5, 20.0), (1.6, 5.5), (40, 99.0)):
        shop.sell(mei, total, days_ago=days_ago)
    shop.sell(jonas, 7.0, days_ago=3)
    request = ConsoleRequest()
    request.actor = "sys:test"  # type: ignore[assignment]
    now = clock.now()

    with database.as_role(Role.WEB):
        month = event_counts.activity(request, days=30, until=now)

    sold = [now - timedelta(days=days) for days in (0.5, 1.5, 1.6, 3)]
    by_hand = [sum(at.date() == day for at in sold) for day in month.days]
    assert month.orders == by_hand
    assert (month.orders_total, month.revenue_minor) == (4, 4250)

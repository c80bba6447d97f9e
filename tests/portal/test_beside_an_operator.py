"""A customer's pages in the browser of an operator who is signed in."""

import pytest
from django.test import Client

from cdp.accounts import operators
from cdp.kernel import database
from cdp.kernel.models import Workspace

PASSWORD = "correct horse battery"


@pytest.mark.parametrize("page", ["/my/signin/", "/u/nothing", "/r/nothing", "/log/"])
def test_pages_of_other_doors_never_ask_for_an_operators_session(
    workspace: Workspace, client: Client, page: str
) -> None:
    with database.door("web"):
        operators.create_operator(email="alice@example.com", name="Alice", password=PASSWORD)
    client.post("/account/signin/", {"email": "alice@example.com", "password": PASSWORD})

    assert client.get(page).status_code < 500

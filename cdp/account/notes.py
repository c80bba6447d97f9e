"""What operators do at their door, on the record of their first workspace; never an address."""

from audit.actors import Actor
from audit.inbox import record
from cdp.accounts.models import Operator
from cdp.accounts.operators import workspaces_of
from cdp.kernel import database

UNKNOWN = Actor.system("sign_in")  # somebody whom nobody knows tried to come in


def keep(operator: Operator | None, act: str, **detail: str | int) -> None:
    """Put an act on the record; of somebody unknown it belongs to no workspace."""
    places = workspaces_of(operator) if operator else []
    actor = Actor.operator(operator.pk) if operator else UNKNOWN
    with database.in_workspace(places[0] if places else None):
        record(actor, act, detail=detail)

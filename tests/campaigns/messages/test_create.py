"""Templates: a save is a new version, a version never changes."""

import pytest

from campaigns.messages import create
from campaigns.messages.create import NoSuchTemplate, create_template
from campaigns.messages.language import TemplateRefused
from campaigns.messages.models import Template
from cdp.kernel import database
from cdp.kernel.identifiers import uuid7
from cdp.kernel.models import Workspace
from cdp.kernel.roles import Role
from tests.campaigns.conftest import ALICE, BODY, SUBJECT

pytestmark = pytest.mark.django_db


def test_saving_again_makes_the_next_version(workspace: Workspace) -> None:
    with database.as_role(Role.WEB):
        first = create_template("Tea", subject=SUBJECT, body=BODY, actor=ALICE)
        second = create_template("Tea", subject={"en": "New"}, body={"en": "New"}, actor=ALICE)

    assert (first.number, second.number) == (1, 2)
    assert Template.objects.get(pk=first.pk).subject == SUBJECT
    assert [each.pk for each in create.newest_versions()] == [second.pk]
    assert first.fields == ["first_name"]


@pytest.mark.parametrize(
    ("subject", "body"),
    [({}, {}), ({"en": "a"}, {"zh-hans": "a"}), ({"fr": "a"}, {"fr": "a"}),
     ({"en": "a", "zh-hans": "b"}, {"en": "a"})],
)  # fmt: skip
def test_half_a_template_is_refused(
    workspace: Workspace, subject: dict[str, str], body: dict[str, str]
) -> None:
    with database.as_role(Role.WEB), pytest.raises(TemplateRefused):
        create_template("Tea", subject=subject, body=body, actor=ALICE)


def test_a_template_that_does_not_exist_is_named(workspace: Workspace) -> None:
    with pytest.raises(NoSuchTemplate):
        create.find(uuid7())

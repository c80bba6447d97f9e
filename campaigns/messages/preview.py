"""
Seeing a message before it is sent: with made-up values, or as one person would get it.

The second runs in a worker under the message's own purpose, like the message itself. What it
returns is kept in the job run for the screen, so contact details are masked and traits hidden: it
shows which parts this person gets and where a fallback stands in, not who they are.
"""

from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from audit.actors import Actor
from campaigns.messages import create, fields, render, values
from campaigns.messages.models import Template
from campaigns.messages.written import language_of
from cdp.kernel.errors import CdpError
from cdp.kernel.models import Workspace
from consent.window import purpose


class NotReachable(CdpError):
    """The person does not permit the message's purpose, or does not exist; which is not said."""

    code = "not_reachable"


def preview_made_up(template: Template, *, language: str, workspace: Workspace) -> render.Message:
    """
    Return the message as a person who does not exist would get it.

    :raises TemplateRefused: stopped by a limit
    """
    sources = create.sources(template)
    source = sources[language_of(language, sorted(sources))]
    made_up = fields.samples(template.fields, language=source.language)
    made_up.pop("shop", None)
    return render.render(source, made_up, _surroundings(workspace))


def preview_as(
    template: Template,
    subject: UUID,
    *,
    purpose_key: str,
    workspace: Workspace,
    actor: Actor,
    job: UUID | None = None,
) -> render.Message:
    """
    Return the message that `subject` would get, with every value of theirs concealed.

    :raises NotReachable: the person may not get it
    :raises ValueMissing: a value they lack has no fallback
    """
    sources = create.sources(template)
    zone = ZoneInfo(workspace.settings.get("time_zone", "UTC"))
    with purpose(purpose_key, actor=actor, job=job) as using:
        found = values.gather(
            [subject],
            template.fields,
            written_in=list(sources),
            zone=zone,
            actor=actor,
            concealed=True,
        )
        using.of(found)
        using.doing("message.preview", ref=f"template:{template.id}")
    if subject not in found:
        raise NotReachable("This person gets no message under this purpose. Choose another.")
    person = found[subject]
    return render.render(sources[person.language], person.values, _surroundings(workspace))


def _surroundings(workspace: Workspace) -> render.Surroundings:
    return render.Surroundings(
        shop=workspace.name,
        unsubscribe_url=f"{settings.PUBLIC_URL}/u/…",
        portal_url=f"{settings.PUBLIC_URL}/my/",
    )

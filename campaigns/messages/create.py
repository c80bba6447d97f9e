"""Writing templates: every save is a new version, and a version never changes."""

from collections.abc import Mapping
from uuid import UUID

from django.db import IntegrityError
from django.db.models import Max

from audit.acting import acting
from audit.actors import Actor
from audit.inbox import record
from campaigns.messages import render
from campaigns.messages.language import TemplateRefused
from campaigns.messages.models import Template
from campaigns.messages.written import LANGUAGES
from cdp.kernel.errors import CdpError


class SavedMeanwhile(CdpError):
    """Two operators saved one template at the same moment."""

    code = "saved_meanwhile"


class NoSuchTemplate(CdpError):
    """The template does not exist in this workspace."""

    code = "no_such_template"


def create_template(
    name: str, *, subject: Mapping[str, str], body: Mapping[str, str], actor: Actor
) -> Template:
    """
    Save a new version of the template `name`; texts are by language (`en`, `zh-hans`).

    :raises TemplateRefused: no name, a language without its other half, or see `render.check`
    :raises ValueMissing: a value that may be absent has no fallback
    :raises LinkRefused: a link holds a variable
    :raises SavedMeanwhile: somebody else saved the same version number
    """
    name = name.strip()
    if not name:
        raise TemplateRefused("Give the template a name.")
    used = check_texts(subject, body)
    newest = Template.objects.filter(name=name).aggregate(newest=Max("number"))["newest"]
    try:
        with acting(actor):
            template = Template.objects.create(
                name=name,
                number=(newest or 0) + 1,
                subject=dict(subject),
                body=dict(body),
                fields=sorted(used),
            )
            record(actor, "template.create", obj=f"template:{template.id}")
    except IntegrityError:
        raise SavedMeanwhile("Somebody saved this template just now. Save yours again.") from None
    return template


def check_texts(subject: Mapping[str, str], body: Mapping[str, str]) -> frozenset[str]:
    """
    Return the variables that the texts use, having made sure that each language renders.

    :raises TemplateRefused: nothing written, an unknown language, or see `render.check`
    :raises ValueMissing: a value that may be absent has no fallback
    :raises LinkRefused: a link holds a variable
    """
    if not subject or subject.keys() != body.keys():
        raise TemplateRefused("Write a subject and a text in each language you use.")
    if unknown := sorted(subject.keys() - set(LANGUAGES)):
        raise TemplateRefused(
            "Messages are written in: " + ", ".join(LANGUAGES), count=len(unknown)
        )
    used: frozenset[str] = frozenset()
    for language in subject:
        used |= render.check(render.Source(subject[language], body[language], language))
    return used


def find(template_id: UUID) -> Template:
    """
    Return one template version of this workspace.

    :raises NoSuchTemplate: there is none
    """
    template = Template.objects.filter(pk=template_id).first()
    if template is None:
        raise NoSuchTemplate("Choose a template that exists.", template=str(template_id))
    return template


def newest_versions() -> list[Template]:
    """Return the newest version of each template, by name."""
    return list(Template.objects.order_by("name", "-number").distinct("name"))


def sources(template: Template) -> dict[str, render.Source]:
    """Return the template as written, by language."""
    return {
        language: render.Source(template.subject[language], template.body[language], language)
        for language in sorted(template.subject)
    }

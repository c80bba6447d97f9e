"""Asking a worker for a preview: the console may not open a marketing purpose, a worker may."""

from uuid import UUID

from audit.actors import Actor
from campaigns.messages import create, tasks
from campaigns.waking import wake
from cdp.kernel import database, jobs
from cdp.kernel.models import JobRun
from consent import purposes


def ask_for_preview(template_id: UUID, *, subject: UUID, purpose_key: str, actor: Actor) -> JobRun:
    """
    Start a job run whose result is the message as `subject` would get it, values concealed.

    Its result holds `language`, `subject`, `text`, `html`.

    :raises NoSuchTemplate: the template does not exist
    :raises UnknownPurpose: the catalogue does not list the purpose
    """
    template = create.find(template_id)
    spec = purposes.spec(purpose_key)
    params = {"template": str(template.id), "subject": str(subject), "purpose": spec.key}
    with database.atomic():
        run = jobs.start("preview-message", actor=actor, params=params, purpose=spec.key)
        wake(tasks.preview_message, run_id=str(run.id))
    return run

"""What a worker does for messages."""

from uuid import UUID

from celery import shared_task

from audit.actors import Actor
from campaigns.messages import create, preview
from cdp.kernel import database, jobs
from cdp.kernel.models import Workspace


@shared_task(acks_late=True, reject_on_worker_lost=True)
def preview_message(*, run_id: str, workspace_id: str) -> None:
    """Render a template as one person would get it, concealed, into the job run's result."""
    with database.in_workspace(UUID(workspace_id)), jobs.running(UUID(run_id)) as run:
        message = preview.preview_as(
            create.find(UUID(run.params["template"])),
            UUID(run.params["subject"]),
            purpose_key=run.params["purpose"],
            workspace=Workspace.objects.get(pk=UUID(workspace_id)),
            actor=Actor.job(run.kind, run.id),
            job=run.id,
        )
        run.finish(
            language=message.language,
            subject=message.subject,
            text=message.text,
            html=message.html,
        )

"""What a worker does for the portal."""

from celery import shared_task

from audit.actors import Actor
from cdp.accounts import links
from cdp.kernel import database, workspaces
from cdp.portal import sign_in_mail


@shared_task(acks_late=True, reject_on_worker_lost=True)
def send_sign_in_links() -> None:
    """Send the links that customers wait for; a second copy finds nothing left to take."""
    for workspace in workspaces.every():
        with database.in_workspace(workspace):
            sign_in_mail.send_waiting(actor=Actor.system("sign_in"))


@shared_task(acks_late=True, reject_on_worker_lost=True)
def forget_old_sign_ins() -> None:
    """Delete sign-in requests, links and sessions that ended a day ago."""
    for workspace in workspaces.every():
        with database.in_workspace(workspace):
            links.forget_old()

"""Every periodic job in one table. Beat only ticks; each job finds out itself what is due. Pure."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Periodic:
    """A task by its dotted name and how often it is woken."""

    task: str
    every: timedelta


SCHEDULE: dict[str, Periodic] = {
    "tell of failed jobs": Periodic("cdp.accounts.tasks.tell_of_failed_jobs", timedelta(minutes=1)),
    "watch the log": Periodic("audit.tasks.watch", timedelta(minutes=1)),
    "count permissions": Periodic("consent.tasks.count_permissions", timedelta(minutes=1)),
    "send sign-in links": Periodic("cdp.portal.tasks.send_sign_in_links", timedelta(seconds=20)),
    "forget old sign-ins": Periodic("cdp.portal.tasks.forget_old_sign_ins", timedelta(hours=1)),
    "end old approvals": Periodic("cdp.approvals.tasks.expire_old", timedelta(minutes=15)),
    "forget old replies": Periodic("cdp.api.tasks.forget_old_replies", timedelta(hours=1)),
    "refresh due segments": Periodic("profiles.segments.tasks.refresh_due", timedelta(minutes=1)),
    "compute traits": Periodic("profiles.traits.tasks.compute_due", timedelta(hours=1)),
    "score people": Periodic("profiles.scoring.tasks.score_due", timedelta(hours=1)),
    "train models": Periodic("profiles.scoring.tasks.train_due", timedelta(hours=6)),
    "drop old exports": Periodic("profiles.exports.tasks.keep_up", timedelta(minutes=1)),
    "wake up deliveries": Periodic("campaigns.delivery.tasks.wake_up", timedelta(seconds=15)),
}

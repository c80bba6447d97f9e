"""
Why something was refused, in the reader's language.

The domain refuses in English sentences, and a job run keeps the sentence it failed with. They are
found here again: a sentence with its holes is the English text and the key of the translation.
"""

import re
from collections.abc import Mapping
from functools import cache

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from cdp.templatetags.display import STATES

SENTENCES = (
    # campaigns
    _("This campaign is %(state)s, so it cannot become %(next_state)s. Reload the page."),
    _("Only a paused campaign is resumed. Reload the page."),
    _("It was launched. Make a new campaign to say something else."),
    _("Another campaign has this name. Choose a different one."),
    _("Give the campaign a name of at most 120 characters."),
    _("Choose a campaign that exists."),
    _("Choose a marketing purpose whose channel is set up."),
    _("Choose a channel that is set up: %(channels)s"),
    _("Choose a segment first."),
    _("Choose a segment that exists."),
    _("Choose a segment and a template first."),
    _("Choose a template that exists."),
    _("Choose a template that was written for this channel."),
    _(
        "“%(purpose)s” does not cover: %(variables)s. Take them out, or send under the "
        "personalized form of the purpose."
    ),
    _("This person gets no message under this purpose. Choose another."),
    _("Make a source with the key “%(source)s”. Run: manage.py seed"),
    _("The stored address is no e-mail address. Correct it at its source."),
    _("The relay does not answer. Check CDP_SMTP_HOST and CDP_SMTP_PORT."),
    _("The relay refuses TLS or our login. Check CDP_SMTP_SECURITY and CDP_SMTP_USER."),
    _("The relay answered %(status)s."),
    _("The relay takes no addresses in other scripts. Use one with SMTPUTF8."),
    _("No answer; the message may have been accepted."),
    # messages
    _("Give the template a name."),
    _("Write a subject and a text."),
    _("Write a subject and a text in each language you use."),
    _("Messages are written in: %(languages)s"),
    _("Somebody saved this template just now. Save yours again."),
    _("A template has at most %(count)s characters."),
    _("There is no variable “%(variable)s”."),
    _("There is no filter “%(filter)s”."),
    _("“%(path)s” looks inside a value. Name a variable alone."),
    _("“%(variable)s” may be unknown for some people. Give it a fallback: %(example)s"),
    _("The template does too much work or writes too much."),
    _("The template failed (%(place)s)."),
    _("Write the whole link out: a link cannot hold a variable."),
    _("A link has at most %(count)s characters."),
    _("A message has at most %(count)s different links."),
    # segments
    _("Choose another name; a segment has this one."),
    _("Choose a segment of this workspace."),
    _("Choose a segment in use."),
    _("The rule refers to a segment that is not in use."),
    _("Take it out of the rules of other segments first."),
    _("The segment would depend on itself: %(path)s."),
    _("Correct the rule at %(path)s: %(problem)s."),
    _("Give the segment a name of 1 to %(count)s characters."),
    _("Keep the description to %(count)s characters."),
    _("Refresh between every minute and every month."),
    _("Choose somebody who permits segmentation."),
    # models
    _("Train this model first; a version goes live when it passes its gates."),
    _("Train this model again: its stored artifact was altered."),
    _("Choose one of: %(models)s."),
    _("Correct or leave out “%(name)s” in the mapping."),
    _("Learn from at least four campaigns at different times."),
    _("Learning needs %(contacts)s finished contacts and %(answers)s answers."),
    _("The earlier contacts all had the same outcome."),
    _("Nobody in sight bought anything in this time window."),
    # approvals
    _("This takes a second operator who may approve it. Invite one under Settings → Team."),
    _("Somebody asked for the same just now. Reload the page."),
    _("Only who asked may take it back."),
    _("This is decided, taken back or out of date. Reload the page."),
    _("It was changed after it was asked for. It has to be asked for again."),
    _("Say why; the asker reads it."),
    _("Somebody else has to decide on this: it takes two people."),
    _("This takes a second operator's approval. Ask for it first."),
    _("It was changed after it was approved. Ask for approval again."),
    _("It reaches more people than were approved. Ask for approval again."),
    _("Count whom it could reach first: an approval is for that many people."),
    _(
        "It reaches more people than were approved, so nothing was sent. Count again and ask for "
        "approval."
    ),
    # exports
    _("Choose at least one field of the list."),
    _("Choose a purpose that people say yes to and that is in use."),
    _("“%(purpose)s” does not cover: %(fields)s. Take them out."),
    _("A file holds at most %(count)s people. Choose a smaller segment."),
    _("Choose an export of this workspace."),
    _("Another operator planned this export. Plan one of your own."),
    _("This export is not waiting to be started. Reload the page."),
    _("You have started five exports today. Go on tomorrow."),
    _("There are more people now than were counted. Plan it again."),
    _("The file was dropped while it was written. Make it again."),
    _("The file is gone: it is handed out once, within 24 hours."),
    _("The file is not what was written, so it is not handed out. Make the export again."),
    # people
    _("An e-mail address looks like name@example.com."),
    _("The part after “@” is not a domain name."),
    _("Add a country code, such as +49, or set the source's region."),
    _("The number has too few or too many digits."),
    _("The id is empty, too long or a placeholder."),
    _("“%(purpose)s” does not cover “%(field)s”."),
    _("“%(field)s” is not a field of the vault."),
    _("This person's data key was destroyed."),
    _("The key of a person's data key is missing. Restore the keyring from its backup."),
    _("A data key belongs to somebody else. Restore kernel_subjectkey."),
    _("%(column)s of a subject does not open. Restore the row from a backup."),
    # team and keys
    _("Write the operator's e-mail address in full."),
    _("This operator is in the team. Grant them roles."),
    _("This operator works in another workspace too. Run: manage.py invite"),
    _("Ask another owner: nobody changes their own access."),
    _(
        "They hold a role that takes two owners. Take it first; granting it again takes another "
        "owner's approval."
    ),
    _("Make somebody else an owner first: a workspace is never without one."),
    _("Give the key a name of at most %(count)s characters."),
    _("Choose at least one of the listed scopes."),
    _("Let the key end within a year."),
    _("Let the old key go on for at most %(count)s days."),
    _("Choose a key that is in force and has not been replaced."),
    _("Choose a key that is in force and does not end yet."),
    _("Candor's own events come from inside. Choose another source."),
    # jobs
    _("Stopped at an operator's request; what was finished is kept."),
    _("This run is over, or another worker has it."),
    _("%(job)s has its run for this time."),
    _("The reader stopped listening."),
    _("Expired permissions wait to be folded. Start the drain, or run: manage.py drain --once"),
    # audit
    _("The log has entries from 0 up to, not with, %(size)s."),
    _("The log has no such entry."),
    _("This workspace has no such alert."),
    _("Choose at least one act."),
    _("Choose a window of one minute to one day."),
    _("Choose a number of zero or more."),
    _("Give both hours, or neither."),
    _("Give two different hours."),
    _("Give hours from 0 to 23."),
)
_HOLE = re.compile(r"%\((\w+)\)s")


def said(refusal: object) -> str:
    """Return the text of a refusal in the reader's language; an unlisted one as it is."""
    text = str(refusal)
    for sentence, pattern in _patterns().items():
        if found := pattern.fullmatch(text):
            return gettext(sentence) % _told(found.groupdict())
    return text


@cache
def _patterns() -> Mapping[str, re.Pattern[str]]:
    return {sentence: re.compile(_expression(sentence), re.DOTALL) for sentence in SENTENCES}


def _expression(sentence: str) -> str:
    """Return a sentence as a pattern: even parts are plain text, odd ones name a hole."""
    return "".join(
        f"(?P<{part}>.+?)" if place % 2 else re.escape(part)
        for place, part in enumerate(_HOLE.split(sentence))
    )


def _told(facts: Mapping[str, str]) -> dict[str, str]:
    """Return what fills the holes; the name of a state in words."""
    return {
        name: str(STATES[fact][2]) if name.endswith("state") and fact in STATES else fact
        for name, fact in facts.items()
    }

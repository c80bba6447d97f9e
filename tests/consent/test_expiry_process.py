"""The ingest process, as it runs, folds what expired: else nothing could be read any more."""

import subprocess
import sys
from datetime import timedelta

import pytest
from pytest_django.plugin import DjangoDbBlocker

from cdp.kernel import clock
from consent.window import ConsentStale, purpose
from profiles.models import Profile
from tests.consent.committed import committed_shop
from tests.people import EVERYTHING
from tests.servers import ROOT, Servers

pytestmark = pytest.mark.story
DATABASE = "candor_expiry"


def test_a_yes_that_ran_out_is_folded_by_the_drain(
    servers: Servers, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> None:
    over_two_years_ago = clock.now() - timedelta(days=800)
    with committed_shop(servers, django_db_blocker, DATABASE) as shop:
        with clock.stopped(over_two_years_ago):
            mei = shop.welcome("mei", says=EVERYTHING)
        with pytest.raises(ConsentStale), purpose("service", actor="job:test/1"):
            pytest.fail("a permission that ran out was in force")

        subprocess.run(
            [sys.executable, "manage.py", "drain", "--once"],
            cwd=ROOT, env=servers.environment("ingest", DATABASE), check=True, timeout=60,
        )  # fmt: skip

        with purpose("marketing.email", actor="job:test/1"):
            assert not Profile.objects.exists()
        with purpose("service", actor="job:test/1"):
            assert Profile.objects.get().subject_id == mei.subject

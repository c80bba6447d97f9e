"""Scoring reaches everybody who permits it and nobody else."""

from datetime import datetime, timedelta

import pytest

from audit.actors import Actor
from cdp.kernel import clock, database
from cdp.kernel.protected import Category
from cdp.kernel.roles import Role
from consent import ledger
from consent.window import purpose, subject_window
from profiles.scoring import registry
from profiles.scoring.explain import explain
from profiles.scoring.models import Score
from profiles.scoring.score import Scored, band, score
from profiles.scoring.train import train
from profiles.scoring.versions import NoLiveVersion
from tests.people import EVERYTHING, Shop
from tests.profiles.scoring.conftest import Crowd, stored_scores, track

TEST = Actor.system("test")
RESPONSE, RFM = registry.find("coupon_response"), registry.find("rfm")


@pytest.fixture
def trained(crowd: Crowd) -> Crowd:
    """Return the crowd, with both models live."""
    train(RESPONSE, as_of=clock.now(), actor=TEST)
    train(RFM, as_of=clock.now(), actor=TEST)
    return crowd


def scored_by_role_of_worker(model: str) -> set:
    with purpose("profiling.scoring", actor=TEST):
        return set(Score.objects.filter(model=model).values_list("subject_id", flat=True))


@pytest.mark.parametrize("model", [RESPONSE, RFM], ids=["coupon_response", "rfm"])
def test_everybody_who_permits_scoring_has_a_score_and_nobody_else(
    trained: Crowd, model: registry.Model
) -> None:
    scored = score(model, as_of=clock.now(), actor=TEST)

    permitted = {*trained.willing, *trained.no_training}
    assert scored == Scored(len(permitted), {})
    assert stored_scores(model.name).keys() == permitted
    assert scored_by_role_of_worker(model.name) == permitted


def test_small_chunks_give_the_same_scores(trained: Crowd) -> None:
    score(RESPONSE, as_of=clock.now(), actor=TEST)
    at_once = stored_scores("coupon_response")

    score(RESPONSE, as_of=clock.now(), actor=TEST, chunk_people=13)

    assert stored_scores("coupon_response") == at_once


def test_keen_buyers_score_higher_than_others(trained: Crowd) -> None:
    score(RESPONSE, as_of=clock.now(), actor=TEST)
    with purpose("profiling.scoring", actor=TEST):
        rows = list(Score.objects.filter(model="coupon_response"))

    said = {
        row.subject_id: next(
            (c["value"] for c in row.contributions if c["feature"] == "responses_before"), None
        )
        for row in rows
    }
    keen = [row.value for row in rows if (said[row.subject_id] or 0) >= 2]
    others = [row.value for row in rows if said[row.subject_id] == 0]
    assert min(keen) > max(others)
    assert {row.band for row in rows} <= {"high", "medium", "low"}
    assert all(row.expires_at == row.as_of + timedelta(days=30) for row in rows)


def test_a_withdrawal_removes_the_score_and_the_next_run_brings_none(
    trained: Crowd, shop: Shop
) -> None:
    score(RESPONSE, as_of=clock.now(), actor=TEST)
    sofia, name = trained.willing[0], "willing-0"
    assert sofia in stored_scores("coupon_response")

    refusal = {"consent": {"categoryPreferences": {**EVERYTHING, "profiling.scoring": False}}}
    shop.send(
        track(name, "Segment Consent Preference Updated", days_ago=0, context=refusal),
        through=shop.preferences,
    )

    assert sofia not in stored_scores("coupon_response")
    score(RESPONSE, as_of=clock.now(), actor=TEST)
    assert sofia not in stored_scores("coupon_response")
    assert trained.willing[1] in stored_scores("coupon_response")


def test_whoever_refuses_results_about_them_is_passed_over_alone(trained: Crowd) -> None:
    refused = [trained.willing[3], trained.willing[50]]
    for subject in refused:
        with database.as_role(Role.INGEST):
            ledger.set_category(subject, category=Category.INFERRED, allowed=False, actor=TEST)

    scored = score(RESPONSE, as_of=clock.now(), actor=TEST)

    assert scored == Scored(108, {"not_permitted": 2})
    assert stored_scores("coupon_response").keys() == (
        {*trained.willing, *trained.no_training} - {*refused}
    )


def test_somebody_without_any_history_has_no_score(trained: Crowd, shop: Shop) -> None:
    noor = shop.welcome("noor", says=EVERYTHING)

    scored = score(RESPONSE, as_of=clock.now(), actor=TEST)

    assert scored.skipped == {"no_history": 1}
    assert noor.subject not in stored_scores("coupon_response")


def test_a_later_run_replaces_scores_and_removes_what_it_did_not_renew(trained: Crowd) -> None:
    now = clock.now()
    score(RFM, as_of=now, actor=TEST)

    with clock.stopped(now + timedelta(days=366)):
        scored = score(RFM, as_of=clock.now(), actor=TEST)

    assert scored.count == 0  # nobody bought anything in the year before
    assert stored_scores("rfm") == {}


def test_an_older_run_never_wins(trained: Crowd) -> None:
    now = clock.now()
    score(RESPONSE, as_of=now, actor=TEST)
    newest = stored_scores("coupon_response")

    score(RESPONSE, as_of=now - timedelta(days=100), actor=TEST)

    assert stored_scores("coupon_response") == newest


def test_without_a_live_version_nothing_is_scored(shop: Shop, at_noon: datetime) -> None:
    with pytest.raises(NoLiveVersion):
        score(RESPONSE, as_of=at_noon, actor=TEST)


def test_a_score_is_explained_to_operator_and_customer_until_it_expires(trained: Crowd) -> None:
    now, mei = clock.now(), trained.willing[0]
    score(RESPONSE, as_of=now, actor=TEST)
    score(RFM, as_of=now, actor=TEST)

    with purpose("profiling.scoring", actor=TEST):
        operator = explain([mei], as_of=now)
    with database.door("portal"), subject_window(mei, actor=Actor.customer(mei)):
        customer = explain([mei], as_of=now, language="zh-hans")
    with purpose("profiling.scoring", actor=TEST):
        expired = explain([mei], as_of=now + timedelta(days=30))

    assert [each.model for each in operator] == ["coupon_response", "rfm"]
    assert "of 100 people like this redeem a coupon" in operator[0].headline
    assert len(operator[0].reasons) == 3
    assert "每 100 位" in customer[0].headline
    assert expired == []


def test_bands_begin_at_their_bounds() -> None:
    bands = {"high": 0.4, "low": 0.1}

    found = [band(chance, bands) for chance in (0.4, 0.39, 0.1, 0.09)]

    assert found == ["high", "medium", "medium", "low"]

"""The response model: what it learns, keeps and explains."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.strategies import floats, integers, just, lists, one_of, sampled_from, tuples
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from profiles.scoring.algorithms import coupon_response
from profiles.scoring.algorithms.coupon_response import Examples, Fitted, OneClassOnly
from profiles.scoring.calibrate import Sigmoid, probability
from profiles.scoring.judge import Lessons, TooFewExamples, judge
from tests.profiles.scoring.sample import read_baskets, read_contacts

FEATURES = ("orders", "days", "answers")
NAMES = ("orders", "spend_minor", "days_since_order", "orders_with_coupon", "responses_before")


def simulate(seed: int = 1, rows: int = 2_000) -> tuple[Examples, np.ndarray]:
    """Return people whose answers depend on orders, on earlier answers, and on the group."""
    random = np.random.default_rng(seed)
    orders = random.poisson(20, rows).astype(np.float64)
    days = np.where(random.random(rows) < 0.1, np.nan, random.exponential(20, rows).round())
    answers = random.poisson(0.7, rows).astype(np.float64)
    groups = random.choice(["A", "B", "C"], rows)
    truth = 0.8 * np.log1p(orders) + 1.2 * np.log1p(answers) + 0.7 * (groups == "A") - 5
    labels = (random.random(rows) < probability(truth)).astype(np.float64)
    return Examples(np.column_stack((orders, days, answers)), groups), labels


EXAMPLES, LABELS = simulate()
FITTED = coupon_response.fit(EXAMPLES, LABELS, features=FEATURES).calibrated(Sigmoid(0.8, -0.2))


def test_probabilities_equal_those_of_the_scikit_learn_pipeline() -> None:
    fitted = coupon_response.fit(EXAMPLES, LABELS, features=FEATURES)
    levels = np.unique(EXAMPLES.groups, return_inverse=True)[1]
    table = np.column_stack((np.log1p(EXAMPLES.numbers), levels))
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    transform = ColumnTransformer([("n", numbers, [0, 1, 2]), ("g", OneHotEncoder(), [3])])
    theirs = make_pipeline(transform, LogisticRegression(max_iter=2_000)).fit(table, LABELS)

    ours = coupon_response.predict(fitted, EXAMPLES)

    assert ours == pytest.approx(theirs.predict_proba(table)[:, 1], abs=1e-9)


people = lists(
    tuples(
        floats(0, 1e4),
        one_of(just(float("nan")), floats(0, 400)),
        integers(0, 30),
        sampled_from(["A", "B", "never seen"]),
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=50)
@given(people=people)
def test_contributions_add_up_to_the_score(people: list[tuple]) -> None:
    rows = Examples(
        np.array([row[:3] for row in people], dtype=np.float64),
        np.array([row[3] for row in people]),
    )

    base, added = coupon_response.contributions(FITTED, rows)

    total = base + sum(added.values())
    assert probability(total) == pytest.approx(coupon_response.predict(FITTED, rows), abs=1e-12)


@settings(max_examples=50)
@given(people=people)
def test_a_model_predicts_the_same_after_it_was_kept(people: list[tuple]) -> None:
    rows = Examples(
        np.array([row[:3] for row in people], dtype=np.float64),
        np.array([row[3] for row in people]),
    )
    kept = json.dumps(FITTED.as_json(), allow_nan=False)

    loaded = Fitted.from_json(json.loads(kept))

    assert np.array_equal(
        coupon_response.predict(loaded, rows), coupon_response.predict(FITTED, rows)
    )


def test_the_average_person_has_average_log_odds() -> None:
    base, added = coupon_response.contributions(FITTED, EXAMPLES)

    assert all(abs(effects.mean()) < 1e-9 for effects in added.values())
    assert base == pytest.approx(FITTED.sigmoid.correct(np.array([FITTED.base]))[0])


def test_columns_that_say_nothing_are_named_and_left_out() -> None:
    table = np.column_stack(
        (EXAMPLES.numbers[:, 0], np.full(len(LABELS), 3.0), np.full(len(LABELS), np.nan))
    )
    table = np.column_stack((table, table[:, 0]))

    fitted = coupon_response.fit(
        Examples(table, EXAMPLES.groups), LABELS, features=("orders", "flat", "blank", "copy")
    )

    assert [term.feature for term in fitted.terms] == ["orders"]
    assert fitted.warnings == ("constant:flat", "all_unknown:blank", "repeats:copy")


def test_one_outcome_teaches_nothing() -> None:
    with pytest.raises(OneClassOnly):
        coupon_response.fit(EXAMPLES, np.zeros(len(LABELS)), features=FEATURES)


def lessons(**changes: object) -> Lessons:
    given = {
        "names": FEATURES,
        "numbers": EXAMPLES.numbers,
        "groups": EXAMPLES.groups,
        "labels": LABELS,
        "people": np.arange(len(LABELS)) % 700,
        "at": np.repeat(np.arange(20.0), 100),
    }
    return Lessons(**{**given, **changes})


def test_an_honest_model_passes_its_gates() -> None:
    verdict = judge(coupon_response, lessons(), simple="answers", ece_limit=0.04, seed=7)

    assert verdict.passed
    assert verdict.metrics["auc"] > verdict.metrics["baseline"]["two_features"]["auc"]


def test_a_model_that_saw_the_outcome_stays_a_candidate() -> None:
    random = np.random.default_rng(3)
    leaking = LABELS * 5 + random.random(len(LABELS))
    table = np.column_stack((EXAMPLES.numbers[:, :2], leaking))

    verdict = judge(
        coupon_response, lessons(numbers=table), simple="orders", ece_limit=0.04, seed=7
    )

    assert not verdict.passed
    assert verdict.metrics["leak_suspects"] == ["answers"]


def test_noise_stays_a_candidate() -> None:
    random = np.random.default_rng(9)
    labels = (random.random(len(LABELS)) < 0.3).astype(np.float64)

    verdict = judge(
        coupon_response, lessons(labels=labels), simple="answers", ece_limit=0.04, seed=7
    )

    assert verdict.metrics["auc"] < 0.6
    assert not verdict.metrics["gates"]["beats_base_rate"]


@pytest.mark.parametrize(
    "labels",
    [np.zeros(2_000), np.r_[np.zeros(1_985), np.ones(15)]],
    ids=["no answer at all", "too few answers"],
)
def test_too_little_is_refused_by_name(labels: np.ndarray) -> None:
    with pytest.raises(TooFewExamples) as refusal:
        judge(coupon_response, lessons(labels=labels), simple="answers", ece_limit=0.04, seed=7)

    assert refusal.value.code == "too_few_examples"


def test_early_contacts_that_all_had_one_outcome_are_refused() -> None:
    labels = LABELS * (np.arange(len(LABELS)) > 1_200)

    with pytest.raises(TooFewExamples):
        judge(coupon_response, lessons(labels=labels), simple="answers", ece_limit=0.04, seed=7)


@pytest.mark.slow
def test_the_sample_gives_the_figures_of_the_reference() -> None:
    contacts = read_contacts(read_baskets(), since=datetime(2017, 3, 1, tzinfo=UTC))
    later = contacts.at >= datetime(2017, 9, 1, tzinfo=UTC).timestamp()
    rows = Examples(contacts.numbers, contacts.groups)

    fitted = coupon_response.fit(rows.take(~later), contacts.labels[~later], features=NAMES)
    p = coupon_response.predict(fitted, rows.take(later))

    labels = contacts.labels[later]
    assert ((~later).sum(), later.sum()) == (3_419, 2_662)
    assert labels.mean() == pytest.approx(0.119, abs=0.001)
    assert coupon_response_auc(p, labels) == pytest.approx(0.821, abs=0.005)
    assert float(np.mean((p - labels) ** 2)) == pytest.approx(0.093, abs=0.004)
    assert p.mean() == pytest.approx(0.18, abs=0.02)


def coupon_response_auc(p: np.ndarray, labels: np.ndarray) -> float:
    """Count pairs, slowly and plainly."""
    yes, no = p[labels == 1], p[labels == 0]
    return float(np.mean((yes[:, None] > no) + (yes[:, None] == no) / 2))


@pytest.mark.slow
def test_trained_on_finished_campaigns_of_the_sample_it_may_go_live() -> None:
    contacts = read_contacts(read_baskets(), since=datetime(2017, 3, 1, tzinfo=UTC))
    finished = contacts.ends < datetime(2017, 12, 31, tzinfo=UTC).timestamp()
    people = np.unique(contacts.people[finished], return_inverse=True)[1]
    lessons = Lessons(
        names=NAMES,
        numbers=contacts.numbers[finished],
        groups=contacts.groups[finished],
        labels=contacts.labels[finished],
        people=people,
        at=contacts.at[finished],
    )

    verdict = judge(coupon_response, lessons, simple="responses_before", ece_limit=0.04, seed=7)

    assert verdict.passed
    assert verdict.metrics["auc"] == pytest.approx(0.833, abs=0.005)
    assert verdict.metrics["brier"] == pytest.approx(0.095, abs=0.001)
    assert verdict.metrics["ece"] < 0.04
    assert verdict.metrics["brier"] < verdict.metrics["baseline"]["two_features"]["brier"]

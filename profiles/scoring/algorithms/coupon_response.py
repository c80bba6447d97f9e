"""
Probability that a contacted person answers: a logistic regression with reasons. Pure.

What is kept is JSON: coefficients, and nothing that could run code or name a person. Loaded by
dotted name in workers only, because scikit-learn is slow to import.
"""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from profiles.scoring.calibrate import Floats, Sigmoid, probability

Groups = NDArray[np.str_]


class OneClassOnly(ValueError):
    """Every example has the same answer, so there is nothing to tell apart."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Rows to learn from or to score: `numbers` (n, k) ≥ 0, NaN where unknown; `groups` (n,)."""

    numbers: Floats
    groups: Groups

    def __len__(self) -> int:
        return len(self.groups)

    def take(self, rows: NDArray[Any]) -> "Examples":
        """Return some of the rows, by mask or by number."""
        return Examples(self.numbers[rows], self.groups[rows])


@dataclass(frozen=True, slots=True)
class Term:
    """
    What one number adds to the log-odds.

    log1p, the median where unknown, standardized, times `weight`; where it was unknown in training
    too, being unknown weighs by itself.
    """

    feature: str
    column: int
    median: float
    mean: float
    scale: float
    weight: float
    unknown_share: float = 0.0
    unknown_scale: float = 1.0
    unknown_weight: float = 0.0

    def effect(self, values: Floats) -> Floats:
        """Return this term's addition to the log-odds (n,), zero for the average person."""
        logged = np.log1p(values)
        unknown = np.isnan(logged)
        known = np.where(unknown, self.median, logged)
        effect: Floats = self.weight * (known - self.mean) / self.scale
        return effect + self.unknown_weight * (unknown - self.unknown_share) / self.unknown_scale


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted model: its base log-odds, its terms, the groups' weights, and the correction."""

    base: float
    terms: tuple[Term, ...]
    groups: dict[str, float]  # centered on the training mix; an unknown group weighs `other`
    other: float
    sigmoid: Sigmoid
    warnings: tuple[str, ...] = ()

    def calibrated(self, sigmoid: Sigmoid) -> Self:
        """Return the same model, corrected by `sigmoid`."""
        return replace(self, sigmoid=sigmoid)

    def as_json(self) -> dict[str, Any]:
        """Return what a model version keeps."""
        return {
            "base": self.base,
            "terms": [{name: getattr(term, name) for name in _TERM} for term in self.terms],
            "groups": self.groups,
            "other": self.other,
            "sigmoid": [self.sigmoid.slope, self.sigmoid.intercept],
            "warnings": list(self.warnings),
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        """Return the model that a version kept."""
        return cls(
            base=kept["base"],
            terms=tuple(Term(**term) for term in kept["terms"]),
            groups=dict(kept["groups"]),
            other=kept["other"],
            sigmoid=Sigmoid(*kept["sigmoid"]),
            warnings=tuple(kept["warnings"]),
        )


_TERM = tuple(Term.__dataclass_fields__)
GROUP = "group"


def fit(
    examples: Examples, labels: Floats, *, features: tuple[str, ...], strength: float = 1.0
) -> Fitted:
    """
    Return a model of `labels` (n,) of 0.0 and 1.0, not corrected yet.

    `strength` is scikit-learn's C. Columns that say nothing are dropped and named in `warnings`.

    :raises OneClassOnly: all labels are equal
    """
    if len(np.unique(labels)) < 2:
        raise OneClassOnly("Every example has the same answer.")
    telling, warnings = _telling_columns(examples.numbers, features)
    pipeline = _pipeline(telling, strength=strength)
    # one table for the transformer: numbers first, the group's place in the list last
    levels, place = np.unique(examples.groups, return_inverse=True)
    pipeline.fit(np.column_stack((examples.numbers, place)), labels)
    weights = pipeline[-1].coef_[0]
    terms = _terms(pipeline, telling, features, weights)
    group_weights = weights[len(weights) - len(levels) :]
    shares = np.bincount(place, minlength=len(levels)) / len(place)
    middle = float(shares @ group_weights)
    return Fitted(
        base=float(pipeline[-1].intercept_[0]) + middle,
        terms=terms,
        groups={
            str(level): float(weight) - middle
            for level, weight in zip(levels, group_weights, strict=True)
        },
        other=-middle,
        sigmoid=Sigmoid(),
        warnings=warnings,
    )


def _pipeline(telling: list[int], *, strength: float) -> Pipeline:
    numbers = make_pipeline(
        FunctionTransformer(np.log1p),
        SimpleImputer(strategy="median", add_indicator=True),
        StandardScaler(),
    )
    group = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    table = ColumnTransformer([("numbers", numbers, telling), (GROUP, group, [-1])])
    return make_pipeline(table, LogisticRegression(C=strength, max_iter=2_000))


def _terms(
    pipeline: Pipeline, telling: list[int], features: tuple[str, ...], weights: Floats
) -> tuple[Term, ...]:
    if not telling:
        return ()
    numbers = pipeline[0].named_transformers_["numbers"]
    imputer, scaler = numbers[1], numbers[2]
    sometimes_unknown = imputer.indicator_.features_.tolist()
    terms = []
    for place, column in enumerate(telling):
        term = Term(
            feature=features[column],
            column=column,
            median=float(imputer.statistics_[place]),
            mean=float(scaler.mean_[place]),
            scale=float(scaler.scale_[place]),
            weight=float(weights[place]),
        )
        if place in sometimes_unknown:
            at = len(telling) + sometimes_unknown.index(place)
            term = replace(
                term,
                unknown_share=float(scaler.mean_[at]),
                unknown_scale=float(scaler.scale_[at]),
                unknown_weight=float(weights[at]),
            )
        terms.append(term)
    return tuple(terms)


def _telling_columns(
    numbers: Floats, features: tuple[str, ...]
) -> tuple[list[int], tuple[str, ...]]:
    """Return the columns worth learning from, and why the others are left out."""
    telling: list[int] = []
    warnings: list[str] = []
    for column, feature in enumerate(features):
        values = numbers[:, column]
        known = values[~np.isnan(values)]
        if not len(known):
            warnings.append(f"all_unknown:{feature}")
        elif len(known) == len(values) and np.ptp(known) == 0:
            warnings.append(f"constant:{feature}")
        elif any(np.array_equal(values, numbers[:, kept], equal_nan=True) for kept in telling):
            warnings.append(f"repeats:{feature}")
        else:
            telling.append(column)
    return telling, tuple(warnings)


def log_odds(fitted: Fitted, examples: Examples) -> Floats:
    """Return uncorrected log-odds, shape (n,)."""
    total = np.full(len(examples), fitted.base)
    for term in fitted.terms:
        total += term.effect(examples.numbers[:, term.column])
    return total + _group_effect(fitted, examples.groups)


def predict(fitted: Fitted, examples: Examples) -> Floats:
    """Return corrected probabilities, shape (n,)."""
    return probability(fitted.sigmoid.correct(log_odds(fitted, examples)))


def contributions(fitted: Fitted, examples: Examples) -> tuple[float, dict[str, Floats]]:
    """
    Return the average person's corrected log-odds, and what each feature adds for each row (n,).

    Together they are exactly the log-odds of `predict`. The group is the feature "group".
    """
    slope = fitted.sigmoid.slope
    added = {
        term.feature: slope * term.effect(examples.numbers[:, term.column]) for term in fitted.terms
    }
    added[GROUP] = slope * _group_effect(fitted, examples.groups)
    return slope * fitted.base + fitted.sigmoid.intercept, added


def _group_effect(fitted: Fitted, groups: Groups) -> Floats:
    return np.array([fitted.groups.get(str(group), fitted.other) for group in groups], dtype=float)

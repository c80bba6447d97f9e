"""
The models there are, and where their algorithms live.

Algorithms are named by dotted path and loaded when a worker needs one: scikit-learn never enters a
web process. What a model reads from the event log is a mapping, so it runs on any workspace's
events. Pure but for the import.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib import import_module
from types import ModuleType
from typing import Any, Self

from cdp.kernel.errors import CdpError

Text = Mapping[str, str]
"""One text in each language: en, zh-hans."""


class UnknownModel(CdpError):
    """No model has this name."""

    code = "unknown_model"


class MappingRefused(CdpError):
    """A mapping names something that a mapping does not have."""

    code = "mapping_refused"


@dataclass(frozen=True, slots=True)
class ResponseMapping:
    """
    Which events say that a person was contacted, answered, and bought.

    A response belongs to a contact when both carry the same `match_property`. It counts for
    `horizon_days`, or until `grace_hours` after the day in `closes_property` if the contact names
    one (shops far from UTC close their day later). `discount_path` leads to the amount taken off an
    order by coupons. Contacts in the first `history_days` of the log are not learned from: too
    little was seen before them.
    """

    contact_event: str = "Campaign Received"
    response_event: str = "Coupon Redeemed"
    order_event: str = "Order Completed"
    match_property: str = "campaign_id"
    group_property: str = "campaign_type"
    closes_property: str = "ends_on"
    discount_path: tuple[str, ...] = ("discounts", "coupon")
    horizon_days: int = 70
    grace_hours: int = 24
    history_days: int = 59

    def as_json(self) -> dict[str, Any]:
        """Return what a model version keeps of this mapping."""
        return {**asdict(self), "discount_path": list(self.discount_path)}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        """
        Return the mapping that `given` describes; what it leaves out keeps its default.

        :raises MappingRefused: an unknown name, or a value of another type
        """
        defaults = cls()
        chosen: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in given.items()
        }
        for name, value in chosen.items():
            if type(value) is not type(getattr(defaults, name, None)):
                raise MappingRefused(f"Correct or leave out “{name[:40]}” in the mapping.")
        return replace(defaults, **chosen)


@dataclass(frozen=True, slots=True)
class ResponseModel:
    """A model of the probability that a contacted person answers."""

    name: str
    label: Text
    algorithm: str
    train_purpose: str = "train_model.scoring"
    score_purpose: str = "profiling.scoring"
    mapping: ResponseMapping = field(default_factory=ResponseMapping)
    keeps_days: int = 30  # after that a score is unknown, not old truth
    ece_limit: float = 0.04


@dataclass(frozen=True, slots=True)
class RfmModel:
    """
    Recency, frequency and money against the other customers of the last `window_days`.

    Its cut points are arithmetic on the people it scores, so they are found under the same purpose
    and anew for each run.
    """

    name: str
    label: Text
    algorithm: str
    train_purpose: str = "profiling.scoring"
    score_purpose: str = "profiling.scoring"
    window_days: int = 365
    keeps_days: int = 30


Model = ResponseModel | RfmModel

MODELS: dict[str, Model] = {
    model.name: model
    for model in (
        ResponseModel(
            name="coupon_response",
            label={"en": "Coupon response", "zh-hans": "优惠券响应"},
            algorithm="profiles.scoring.algorithms.coupon_response",
        ),
        RfmModel(
            name="rfm",
            label={"en": "Recency, frequency, money", "zh-hans": "最近购买、频次与金额"},
            algorithm="profiles.scoring.algorithms.rfm",
        ),
    )
}


def find(name: str, *, mapping: Mapping[str, Any] | None = None) -> Model:
    """
    Return the model called `name`, reading by `mapping` where it is a response model.

    :raises UnknownModel: there is none
    :raises MappingRefused: `mapping` does not fit
    """
    model = MODELS.get(name)
    if model is None:
        raise UnknownModel(f"Choose one of: {', '.join(MODELS)}.")
    if mapping and isinstance(model, ResponseModel):
        return replace(
            model, mapping=ResponseMapping.from_json({**model.mapping.as_json(), **mapping})
        )
    return model


def load(model: Model) -> ModuleType:
    """Return the module of the model's algorithm; the first call may import scikit-learn."""
    return import_module(model.algorithm)

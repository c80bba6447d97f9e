"""Models by name, mappings from outside, and algorithms that load late."""

import subprocess
import sys

import pytest

from profiles.scoring import registry
from profiles.scoring.registry import MappingRefused, ResponseMapping, ResponseModel, UnknownModel


def test_a_mapping_reads_another_shops_events() -> None:
    model = registry.find(
        "coupon_response", mapping={"contact_event": "Mail Sent", "discount_path": ["voucher"]}
    )

    assert isinstance(model, ResponseModel)
    assert model.mapping == ResponseMapping(contact_event="Mail Sent", discount_path=("voucher",))


def test_a_mapping_survives_being_kept() -> None:
    mapping = ResponseMapping(match_property="offer", horizon_days=14)

    assert ResponseMapping.from_json(mapping.as_json()) == mapping


@pytest.mark.parametrize(
    "mapping",
    [{"contact": "Mail Sent"}, {"horizon_days": "70"}, {"contact_event": None}],
    ids=["unknown name", "text for a number", "nothing"],
)
def test_a_mapping_that_does_not_fit_is_refused(mapping: dict[str, object]) -> None:
    with pytest.raises(MappingRefused):
        registry.find("coupon_response", mapping=mapping)


def test_an_unknown_model_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UnknownModel, match="coupon_response, rfm"):
        registry.find("churn")


@pytest.mark.parametrize("model", registry.MODELS.values(), ids=registry.MODELS)
def test_every_algorithm_loads(model: registry.Model) -> None:
    assert registry.load(model).__name__ == model.algorithm


def test_the_registry_does_not_bring_scikit_learn_along() -> None:
    program = (
        "import sys, profiles.scoring.registry, profiles.scoring.words, profiles.scoring.judge\n"
        "sys.exit('sklearn' in sys.modules)"
    )

    finished = subprocess.run([sys.executable, "-c", program], check=False)

    assert finished.returncode == 0

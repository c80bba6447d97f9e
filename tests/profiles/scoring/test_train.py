"""Training learns from those who permit it, and says from whom without naming them."""

import pytest

from audit.actors import Actor
from cdp.kernel import clock, database
from profiles.scoring import registry, versions
from profiles.scoring.judge import TooFewExamples
from profiles.scoring.models import ModelVersion
from profiles.scoring.train import train
from tests.people import EVERYTHING, Shop
from tests.profiles.scoring.conftest import Crowd

TEST = Actor.system("test")
RESPONSE, RFM = registry.find("coupon_response"), registry.find("rfm")


def test_a_model_is_trained_on_those_who_permit_it_and_goes_live(crowd: Crowd) -> None:
    version = train(RESPONSE, as_of=clock.now(), actor=TEST)

    assert version.stage == ModelVersion.Stage.LIVE
    assert version.people == len(crowd.willing)
    assert bytes(version.people_digest or b"") == versions.digest(crowd.willing)
    assert version.purposes == ["train_model.scoring"]
    assert version.metrics["auc"] > 0.75
    assert version.parameters["next_group"] == "Type A"
    assert versions.live("coupon_response").pk == version.pk


def test_the_use_of_their_data_is_on_record(crowd: Crowd) -> None:
    train(RESPONSE, as_of=clock.now(), actor=TEST)

    with database.cursor() as sql:
        sql.execute(
            "SELECT act, people, ref FROM consent_datause WHERE purpose_key = 'train_model.scoring'"
        )
        assert sql.fetchall() == [("train", len(crowd.willing), "model:coupon_response")]


def test_the_same_data_and_seed_give_the_same_model(crowd: Crowd) -> None:
    once = train(RESPONSE, as_of=clock.now(), actor=TEST)
    again = train(RESPONSE, as_of=clock.now(), actor=TEST)

    assert again.number == once.number + 1
    assert bytes(again.artifact_sha256 or b"") == bytes(once.artifact_sha256 or b"")
    once.refresh_from_db()
    assert (once.stage, again.stage) == (ModelVersion.Stage.RETIRED, ModelVersion.Stage.LIVE)


def test_nothing_about_a_person_is_kept_in_a_version(crowd: Crowd) -> None:
    version = train(RESPONSE, as_of=clock.now(), actor=TEST)

    kept = f"{version.parameters} {version.metrics} {versions.unpack(version)} {version.features}"

    assert not [subject for subject in crowd.everybody if str(subject) in kept]
    assert "canary" not in kept


def test_a_person_is_not_learned_from_after_a_withdrawal(crowd: Crowd, shop: Shop) -> None:
    before = train(RESPONSE, as_of=clock.now(), actor=TEST)

    shop.send(
        {
            "type": "track",
            "event": "Segment Consent Preference Updated",
            "userId": "willing-0",
            "context": {"consent": {"categoryPreferences": {**EVERYTHING, "train_model": False}}},
        },
        through=shop.preferences,
    )

    after = train(RESPONSE, as_of=clock.now(), actor=TEST)
    assert after.people == before.people - 1
    assert bytes(after.people_digest or b"") == versions.digest([*crowd.willing[1:]])


def test_a_shop_with_few_contacts_gets_a_named_refusal(shop: Shop, at_noon: object) -> None:
    shop.welcome("mei", says=EVERYTHING)

    for model in (RESPONSE, RFM):
        with pytest.raises(TooFewExamples):
            train(model, as_of=clock.now(), actor=TEST)


def test_a_mapping_without_such_events_finds_nothing_to_learn(crowd: Crowd) -> None:
    other = registry.find("coupon_response", mapping={"contact_event": "Mail Sent"})

    with pytest.raises(TooFewExamples):
        train(other, as_of=clock.now(), actor=TEST)


def test_a_tampered_artifact_is_refused(crowd: Crowd) -> None:
    version = train(RESPONSE, as_of=clock.now(), actor=TEST)
    ModelVersion.objects.filter(pk=version.pk).update(
        artifact=bytes(version.artifact or b"").replace(b"base", b"bake")
    )

    with pytest.raises(versions.ArtifactTampered):
        versions.unpack(versions.live("coupon_response"))


def test_rfm_keeps_the_cut_points_of_those_who_permit_scoring(crowd: Crowd) -> None:
    version = train(RFM, as_of=clock.now(), actor=TEST)

    assert version.stage == ModelVersion.Stage.LIVE
    assert version.people == len(crowd.willing) + len(crowd.no_training)
    assert version.parameters["cuts"]["people"] == version.people
    assert len(version.parameters["cuts"]["recency"]) == 4

"""The API's description: committed, current, true to the addresses, and readable as a page."""

import json
from pathlib import Path

import pytest
from django.test import Client

from cdp.api import docs, schema
from cdp.api.errors import PROBLEMS
from cdp.api.v1.urls import urlpatterns
from profiles.segments.rules import parse

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.yaml"


def test_the_committed_description_is_current() -> None:
    assert COMMITTED.read_text() == schema.as_yaml(), (
        "Write it anew: DJANGO_SETTINGS_MODULE=cdp.settings.testing .venv/bin/python -c "
        '"import django; django.setup(); from cdp.api import schema; '
        "open('docs/openapi.yaml', 'w').write(schema.as_yaml())\""
    )


def test_every_address_is_described() -> None:
    described = schema.document()["paths"]

    assert schema.document()["openapi"] == "3.1.0"
    assert len(described) == len(urlpatterns) - 1  # the last one answers for what is not there
    for methods in described.values():
        for operation in methods.values():
            assert {"operationId", "summary", "x-scope"} <= operation.keys()
            assert {"401", "403", "500"} <= operation["responses"].keys()


@pytest.mark.django_db
def test_the_description_and_its_page_need_no_key() -> None:
    client = Client()

    as_json = client.get("/api/schema/?format=json")
    page = client.get("/api/docs/")

    assert json.loads(as_json.content)["paths"].keys() == schema.document()["paths"].keys()
    assert page.status_code == 200
    text = page.content.decode()
    for operation in docs.operations():
        assert f'id="{operation.id}"' in text
    for code in PROBLEMS:
        assert f'id="problem-{code}"' in text
    assert "Candor-Purpose: profiling.segmentation" in text


def test_the_sample_rule_is_one_that_reads() -> None:
    example = next(each for each in docs.operations() if each.id == "create_segment").curl
    body = json.loads(example.partition("-d '")[2].removesuffix("'"))

    assert parse(body["rule"])


def test_an_example_names_what_must_be_given() -> None:
    search = next(each for each in docs.operations() if each.id == "create_withdrawal")

    assert '"purpose": "marketing.email"' in search.curl
    assert "-X POST" in search.curl
    assert "/api/v1/subjects/0198f0a2-" in search.curl

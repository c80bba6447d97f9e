"""The template language does little, and says by name what it refuses."""

import pytest

from campaigns.messages.language import TemplateRefused, ValueMissing, fill, variables

DOUBLING = "{% assign s = 'ab' %}{% for i in (1..60) %}{% assign s = s | append: s %}{% endfor %}"
NESTED = "{% for i in (1..40) %}{% for j in (1..40) %}x{% endfor %}{% endfor %}"


def test_values_take_the_place_of_their_variables() -> None:
    assert fill("Hi {{ first_name }}!", {"first_name": "Mei"}) == "Hi Mei!"


def test_an_absent_value_is_replaced_by_its_fallback() -> None:
    assert fill('Hi {{ first_name | default: "friend" }}!', {}) == "Hi friend!"


def test_an_absent_value_is_false_in_a_condition() -> None:
    assert fill("{% if orders > 3 %}often{% else %}hello{% endif %}", {}) == "hello"


def test_an_absent_value_without_fallback_is_an_error_that_names_it() -> None:
    with pytest.raises(ValueMissing) as missing:
        fill("Hi {{ first_name | upcase }}", {})

    assert missing.value.facts == {"variable": "first_name"}
    assert "default" in str(missing.value)


def test_a_value_is_never_read_as_a_template() -> None:
    """Case 56."""
    assert fill("{{ name }}", {"name": "{{ secret }}", "secret": "x"}) == "{{ secret }}"


@pytest.mark.parametrize(
    "source",
    ["{{7*7}}", "{{ a", "{% if %}", "{% include 'x' %}", "{% render 'x' %}", "{% capture a %}",
     "{% liquid echo 'a' %}", "{% layout 'x' %}"],
)  # fmt: skip
def test_what_no_template_may_do_is_refused_when_it_is_saved(source: str) -> None:
    """Case 56."""
    with pytest.raises(TemplateRefused):
        variables(source)


@pytest.mark.parametrize(
    "name",
    ["safe", "replace", "date", "join", "split", "times", "base64_decode", "url_decode", "map"],
)
def test_a_filter_that_multiplies_unescapes_or_reads_a_clock_is_unknown(name: str) -> None:
    with pytest.raises(TemplateRefused, match=name):
        variables("{{ first_name | " + name + ": 'x' }}")


@pytest.mark.parametrize("source", ["{{ o.secret }}", "{{ x.__class__ }}", "{{ d['keys'] }}"])
def test_looking_inside_a_value_is_refused(source: str) -> None:
    """Case 56."""
    with pytest.raises(TemplateRefused, match="inside"):
        variables(source)


@pytest.mark.parametrize("source", ["{% for i in (1..100000000) %}{{ i }}{% endfor %}", NESTED,
                                    DOUBLING + "{{ s }}"])  # fmt: skip
def test_endless_work_is_stopped_by_a_limit(source: str) -> None:
    """Case 56."""
    with pytest.raises(TemplateRefused, match="too much"):
        fill(source, {})


def test_a_source_longer_than_the_limit_is_refused() -> None:
    with pytest.raises(TemplateRefused, match="20000"):
        fill("x" * 20_001, {})


def test_an_error_while_rendering_quotes_no_value() -> None:
    with pytest.raises(TemplateRefused) as refused:
        fill("{{ name | truncate: name }}", {"name": "mei.canary"})

    assert "canary" not in str(refused.value)


def test_the_variables_of_a_template_are_those_it_is_to_be_given() -> None:
    source = "{% assign x = orders %}{{ x }}{% for d in favorite_departments %}{{ d }}{% endfor %}"

    assert variables(source) == {"orders", "favorite_departments"}

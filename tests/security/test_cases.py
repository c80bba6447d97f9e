"""Every attack case has a test of its own, and the page says which."""

from tests.security.cases import CASES, PAGE, page, shown


def test_every_case_is_shown_by_a_test() -> None:
    missing = sorted(set(CASES) - set(shown()))

    assert missing == []


def test_no_test_names_a_case_that_there_is_not() -> None:
    assert sorted(set(shown()) - set(CASES)) == []


def test_the_page_is_what_the_tests_say() -> None:
    assert PAGE.read_text() == page(), "run make docs"

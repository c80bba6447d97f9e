"""What a screen shows of a value: enough to recognize it, too little to reach anybody."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.vault import mask
from profiles.vault.fields import FIELDS, Sensitivity
from profiles.vault.mask import HIDDEN, MASKS


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("email", "li.wei@example.cn", "l***@example.cn"),
        ("email", "  Ann@example.com ", "A***@example.com"),
        ("email", "no address", HIDDEN), ("email", "@example.com", HIDDEN), ("email", "a@", HIDDEN),
        ("phone", "+86 139 0013 1234", "+86 139****1234"),
        ("phone", "+12025550143", "+1 20****0143"),
        ("phone", "+49 1512 3456789", "+49 151****6789"),
        ("phone", "+49 30 1234", "+49 ****34"),
        ("phone", "13900131234", HIDDEN), ("phone", "call me", HIDDEN), ("phone", "", HIDDEN),
        ("name", "李小龙", "李*"), ("name", "欧阳娜娜", "欧*"), ("name", "김민준", "김*"),
        ("name", "Mei Li", "M*** L*"), ("name", "María del Carmen Ruiz", "M*** R*"),
        ("name", "Mei", "M***"), ("name", "José", "J***"), ("name", "  ", HIDDEN),
        ("address", "浙江省杭州市西湖区文三路12号", "浙江省杭州市***"),
        ("address", "杭州市西湖区", "杭州市***"),
        ("address", "4 Elm St, Cincinnati, OH, 45202, US", "***, Cincinnati, OH, US"),
        ("address", "文三路12号, 杭州, 浙江, 310000, CN", "***, 杭州, 浙江, CN"),
        ("address", "4 Elm St, Flat 3, Cincinnati, OH, 45202, US", "***, Cincinnati, OH, US"),
        ("address", "4 Elm Street, Cincinnati", HIDDEN), ("address", "", HIDDEN),
        ("address", "Ann, 4 Elm St 9, OH, 45202, US", HIDDEN),
        ("date", "1984-05-02", "1984-**-**"), ("date", "2 May 1984", HIDDEN), ("date", "", HIDDEN),
        ("document", "110101198405021234", "***34"), ("document", "12345", HIDDEN),
        ("device", "203.0.113.195", "203.***"), ("device", "38400000-8cf0-11bd", "3840***"),
        ("device", "::1", HIDDEN),
    ],
)  # fmt: skip
def test_a_value_is_shown_by_its_kinds_rule(kind: str, value: str, shown: str) -> None:
    assert MASKS[kind](value, None) == shown


def test_a_number_without_a_prefix_is_read_in_the_workspaces_region() -> None:
    assert mask.phone("139 0013 1234", "CN") == "+86 139****1234"


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_at_least_four_digits_of_a_number_are_hidden(number: str) -> None:
    shown = mask.phone(number)

    told = re.sub(r"^\+\d+ ", "", shown)
    assert shown == HIDDEN or len(re.sub(r"\D", "", told)) <= len(number) - 1 - 4


@pytest.mark.parametrize("kind", sorted(MASKS.keys() - {"email", "phone", "address"}))
@given(one=st.text(min_size=8, max_size=12), more=st.text(min_size=1, max_size=30))
def test_no_mask_tells_the_true_length(kind: str, one: str, more: str) -> None:
    word = "".join(sign for sign in one if not sign.isspace()).ljust(8, "x")

    assert len(MASKS[kind](word, None)) == len(MASKS[kind](word[:-2] + "y" * 20 + word[-2:], None))


@pytest.mark.parametrize("kind", sorted(MASKS))
@given(st.text(max_size=60))
def test_no_mask_breaks_or_shows_the_whole(kind: str, value: str) -> None:
    shown = MASKS[kind](value, None)

    assert "*" in shown
    assert len(value.strip()) < 2 or value.strip() not in shown or value.strip("*") == ""


def test_every_field_has_a_mask_a_category_and_words_in_both_languages() -> None:
    for field in FIELDS.values():
        assert field.mask in MASKS
        assert field.label.keys() == {"en", "zh-hans"}
        assert field.wire_names
    assert [f.key for f in FIELDS.values() if f.sensitivity is Sensitivity.SENSITIVE] == [
        "id_number"
    ]
    assert [field.key for field in FIELDS.values() if field.indexed] == ["email", "phone"]

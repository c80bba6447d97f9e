"""
The field catalogue: every personal value the vault knows, and how it is treated. Pure.

A new field is one line here; the table does not change.
"""

from dataclasses import dataclass

from cdp.kernel.errors import CdpError


class UnknownField(CdpError):
    """A personal value that the catalogue does not list."""

    code = "unknown_field"


@dataclass(frozen=True, slots=True)
class Field:
    """One kind of personal value: is it found by blind index, how is it masked, its names."""

    key: str
    mask: str  # a function of `profiles.vault.mask`
    label: dict[str, str]
    indexed: bool = False
    wire_names: tuple[str, ...] = ()


FIELDS: dict[str, Field] = {
    field.key: field
    for field in (
        Field("email", "email", {"en": "E-mail", "zh-hans": "电子邮箱"}, True, ("email",)),
        Field("phone", "phone", {"en": "Phone", "zh-hans": "手机号码"}, True, ("phone",)),
        Field("name", "name", {"en": "Name", "zh-hans": "姓名"}, False, ("name",)),
        Field(
            "first_name", "name", {"en": "First name", "zh-hans": "名"}, False,
            ("first_name", "firstName"),
        ),
        Field(
            "last_name", "name", {"en": "Last name", "zh-hans": "姓"}, False,
            ("last_name", "lastName"),
        ),
        Field("address", "address", {"en": "Postal address", "zh-hans": "邮寄地址"}, False, ("address",)),
        Field(
            "birth_date", "date", {"en": "Birth date", "zh-hans": "出生日期"}, False,
            ("birthday", "birth_date", "birthDate", "birthdate"),
        ),
    )
}  # fmt: skip
BY_WIRE_NAME: dict[str, Field] = {
    name: field for field in FIELDS.values() for name in field.wire_names
}


def get(key: str) -> Field:
    """
    Return one field.

    :raises UnknownField: the catalogue does not list it
    """
    try:
        return FIELDS[key]
    except KeyError:
        raise UnknownField(f"“{key}” is not a field of the vault.", field=key) from None

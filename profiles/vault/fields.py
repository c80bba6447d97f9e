"""
The field catalogue: every personal value the vault knows, and how it is treated. Pure.

A new field is one entry here; the table does not change. A new way to normalize or to mask is a
function in `normalize` or `mask` and a name in its registry.
"""

from dataclasses import dataclass
from enum import StrEnum

from cdp.kernel.errors import CdpError
from cdp.kernel.protected import Category


class UnknownField(CdpError):
    """A personal value that the catalogue does not list."""

    code = "unknown_field"


class Sensitivity(StrEnum):
    """How much harm a value can do in wrong hands."""

    ORDINARY = "ordinary"
    SENSITIVE = "sensitive"  # for no purpose but the contract, the law, fraud, care and rights


@dataclass(frozen=True, slots=True)
class Field:
    """
    One kind of personal value.

    `category` must be covered by the purpose that opens it, besides contact, which the table is.
    `normalizer` names a function of `normalize.NORMALIZERS`, used for the blind index of an
    `indexed` field; the ciphertext keeps the original. `mask` names one of `mask.MASKS`.
    Few possible values (birth date) are never indexed: equal digests would tell them.
    """

    key: str
    label: dict[str, str]
    category: Category
    mask: str
    wire_names: tuple[str, ...]
    normalizer: str = "plain"
    indexed: bool = False
    sensitivity: Sensitivity = Sensitivity.ORDINARY


def _named(en: str, zh: str) -> dict[str, str]:
    return {"en": en, "zh-hans": zh}


_ALL = (
    Field(
        "email", _named("E-mail", "电子邮箱"), Category.CONTACT, "email", ("email",),
        normalizer="email", indexed=True,
    ),
    Field(
        "phone", _named("Phone", "手机号码"), Category.CONTACT, "phone", ("phone",),
        normalizer="phone", indexed=True,
    ),
    Field("name", _named("Name", "姓名"), Category.IDENTITY, "name", ("name",)),
    Field(
        "first_name", _named("First name", "名"), Category.IDENTITY, "name",
        ("first_name", "firstName"),
    ),
    Field(
        "last_name", _named("Last name", "姓"), Category.IDENTITY, "name",
        ("last_name", "lastName"),
    ),
    Field("address", _named("Postal address", "邮寄地址"), Category.CONTACT, "address", ("address",)),
    Field(
        "birth_date", _named("Birth date", "出生日期"), Category.IDENTITY, "date",
        ("birthday", "birth_date", "birthDate", "birthdate"),
    ),
    Field(
        "id_number", _named("Document number", "证件号码"), Category.IDENTITY, "document",
        ("id_number", "idNumber", "national_id", "nationalId", "ssn", "passport"),
        sensitivity=Sensitivity.SENSITIVE,
    ),
    Field(
        "device_id", _named("Device number", "设备标识"), Category.DEVICE, "device",
        ("device_id", "deviceId", "advertising_id", "advertisingId"),
    ),
    Field(
        "ip_address", _named("Network address", "网络地址"), Category.DEVICE, "device",
        ("ip", "ip_address", "ipAddress"),
    ),
)  # fmt: skip
FIELDS: dict[str, Field] = {field.key: field for field in _ALL}
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

"""The purposes in force: the code's catalogue and what operators set on top of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from cdp.kernel.errors import CdpError
from consent.bits import Rule
from consent.catalog import BY_KEY, CATALOG, PurposeSpec
from consent.models import Purpose

CONSENT_MONTHS = 24  # how long a yes holds unless it is renewed


class UnknownPurpose(CdpError):
    """A purpose that the catalogue does not list."""

    code = "unknown_purpose"


class CatalogueDiffers(CdpError):
    """The database's purposes are not the code's."""

    code = "catalogue_differs"


@dataclass(frozen=True, slots=True)
class Label:
    """A purpose's name and text in one language."""

    name: str
    text: str


def spec(key: str) -> PurposeSpec:
    """
    Return the catalogue's entry for `key`.

    :raises UnknownPurpose: there is none
    """
    try:
        return BY_KEY[key]
    except KeyError:
        raise UnknownPurpose(
            f"“{key}” is not a purpose. GET /api/v1/purposes lists them.", purpose=key
        ) from None


def mask(key: str) -> int:
    """
    Return the purpose's bit as a number with that one bit set.

    :raises UnknownPurpose: there is none
    """
    return spec(key).mask


def rules() -> Mapping[str, Rule]:
    """Return every purpose with what is set for it in the database; one small query."""
    rows = Purpose.objects.values_list("key", "open", "min_notice_version")
    return {key: Rule(BY_KEY[key], open_, minimum) for key, open_, minimum in rows if key in BY_KEY}


def label(key: str, language: str) -> Label:
    """Return the purpose's name and text; English where the language is missing."""
    found = spec(key)
    return Label(
        found.label.get(language, found.label["en"]),
        found.plain_text.get(language, found.plain_text["en"]),
    )


def write_catalogue() -> None:
    """Make the table equal to the catalogue; what an operator closed stays closed."""
    for each in CATALOG:
        facts = asdict(each)
        values = {
            "bit": each.bit,
            "roles": sorted(str(role) for role in each.roles),
            "basis": str(each.basis),
            "dpv_purpose": facts["dpv"],
            "categories": sorted(int(category) for category in each.categories),
            "channel": each.channel,
            "requires": list(each.requires),
            "gpc_scope": each.gpc_scope,
            "age_gated": each.age_gated,
            "assessment_required": each.assessment_required,
            "label": each.label,
            "plain_text": each.plain_text,
        }
        Purpose.objects.update_or_create(
            key=each.key, defaults=values, create_defaults={**values, "open": each.open}
        )


def check_catalogue() -> None:
    """
    Compare the table with the code: key, bit, categories, roles.

    :raises CatalogueDiffers: they are not the same
    """
    stored = {
        row.key: (row.bit, sorted(row.categories), sorted(row.roles))
        for row in Purpose.objects.all()
    }
    meant = {
        each.key: (each.bit, sorted(map(int, each.categories)), sorted(map(str, each.roles)))
        for each in CATALOG
    }
    if stored != meant:
        odd = sorted(
            key for key in stored.keys() | meant.keys() if stored.get(key) != meant.get(key)
        )
        raise CatalogueDiffers(
            f"The database's purposes differ from the code's ({', '.join(odd)}). "
            "Run: manage.py migrate",
        )

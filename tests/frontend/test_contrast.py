"""Colors that can be read: tokens of both themes, recomputed from the style sheet."""

import re
from itertools import combinations
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[2] / "frontend" / "src" / "app.css").read_text()
THEMES = {
    re.search(r'name: "(.+?)"', block).group(1): dict(  # type: ignore[union-attr]
        re.findall(r"--(?:color-)?([a-z0-9-]+): (#[0-9a-f]{6});", block)
    )
    for block in re.findall(r'@plugin "daisyui/theme" \{(.*?)\n\}', CSS, flags=re.DOTALL)
}
TEXT, SHAPE, COLORS_APART = 4.5, 3.0, 12.0

TEXT_PAIRS = [
    *[(ink, ground) for ink in ("base-content", "muted") for ground in ("base-100", "base-200")],
    *[
        (ink, ground)
        for ink in ("primary", "secondary", "accent", "info", "success", "error")
        for ground in ("base-100", "base-200")
    ],
    *[
        (f"{fill}-content", fill)
        for fill in (
            "primary", "secondary", "accent", "neutral", "info", "success", "warning", "error",
        )
    ],
    *[(f"{kind}-ink", f"{kind}-tint") for kind in ("info", "success", "warning", "error")],
    *[
        ("base-content", f"{kind}-tint")
        for kind in ("primary", "info", "success", "warning", "error")
    ],
    ("muted", "primary-tint"),
]  # fmt: skip
SHAPE_PAIRS = [
    *[(f"chart-{at}", "base-100") for at in range(1, 7)],
    ("line", "base-100"),
    ("line", "base-200"),
]


def linear(color: str) -> tuple[float, float, float]:
    """Return the linear-light red, green and blue (0..1) of a hex color."""
    channels = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return red, green, blue


def contrast(one: str, other: str) -> float:
    """Return the WCAG 2 contrast ratio of two hex colors."""
    lights = sorted(
        0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (linear(one), linear(other))
    )
    return (lights[1] + 0.05) / (lights[0] + 0.05)


# Full-severity simulation in linear RGB. Source: Machado, Oliveira, Fernandes 2009.
VISION = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": (
        (0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}  # fmt: skip


def oklab(rgb: tuple[float, float, float]) -> tuple[float, float, float]:
    """Return OKLab coordinates of linear RGB. Source: Ottosson 2020."""
    r, g, b = rgb
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    middle = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def seen(color: str, vision: str) -> tuple[float, float, float]:
    """Return a hex color as seen under `vision`, in OKLab."""
    rgb = linear(color)
    red, green, blue = (
        min(1.0, max(0.0, sum(weight * c for weight, c in zip(row, rgb, strict=True))))
        for row in VISION[vision]
    )
    return oklab((red, green, blue))


def test_black_on_white_is_the_highest_contrast() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_both_themes_declare_the_same_tokens() -> None:
    light, dark = THEMES["candor-light"], THEMES["candor-dark"]

    assert light.keys() == dark.keys()
    assert len(light) > 30


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_text_can_be_read(theme: str, ink: str, ground: str) -> None:
    assert contrast(THEMES[theme][ink], THEMES[theme][ground]) >= TEXT


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("shape", "ground"), SHAPE_PAIRS)
def test_borders_and_chart_colors_can_be_seen(theme: str, shape: str, ground: str) -> None:
    assert contrast(THEMES[theme][shape], THEMES[theme][ground]) >= SHAPE


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("vision", VISION)
def test_chart_colors_stay_apart_for_every_eye(theme: str, vision: str) -> None:
    lab = [seen(THEMES[theme][f"chart-{at}"], vision) for at in range(1, 7)]

    closest = min(
        sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 * 100
        for one, other in combinations(lab, 2)
    )
    assert closest >= COLORS_APART

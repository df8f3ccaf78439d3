"""What the portal says: whole sentences, in both languages, none missing and none left over."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from openbeat.standards import LANGUAGES
from openbeat.web.portal import language
from openbeat.web.portal.language import preferred, said, say, sentences
from openbeat.web.portal.numbers import day, month, percent, size
from openbeat.web.portal.palette import SHADES

HOME = Path(language.__file__).parent
TEMPLATES = sorted(HOME.glob("p*s/*.html"))
PLACES = re.compile(r"{(\w+)}")
# Keys that are put together from what a release or standard says.
MADE = (
    *("menu.", "level.", "unit.", "privacy.", "place.", "document.", "fresh."),
    *("get.", "months.year_", "feed."),
)


@pytest.mark.parametrize("key", sentences())
def test_every_sentence_stands_in_every_language_with_the_same_places(key: str) -> None:
    words = sentences()[key]
    assert set(words) == set(LANGUAGES)
    assert all(text.strip() for text in words.values())
    assert len({frozenset(PLACES.findall(text)) for text in words.values()}) == 1


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_says_only_what_there_is_and_nothing_of_its_own(template: Path) -> None:
    text = template.read_text("utf-8")
    assert set(re.findall(r'{% say "([^"]+)"', text)) <= sentences().keys()
    bare = re.sub(r"{%.*?%}|{{.*?}}|<[^>]*>", " ", text)
    words = set(re.findall(r"[A-Za-z]{3,}", bare)) - {"openbeat", "DCAT", "SHA"}
    assert words == set(), "words outside words.toml would be said in one language only"


def test_no_sentence_is_left_over() -> None:
    used: set[str] = set()
    for path in [*TEMPLATES, *HOME.rglob("*.py")]:
        used |= set(re.findall(r"[\"'](\w+\.\w+)[\"']", path.read_text("utf-8")))
    left = {key.removesuffix("_one") for key in sentences() if not key.startswith(MADE)} - used
    assert left == set()


def test_one_of_something_is_said_as_one() -> None:
    assert say("en", "dataset.rows", n=1) == "1 row"
    assert say("es", "dataset.rows", n=1234) == "1,234 filas"


def test_a_release_that_speaks_one_language_is_heard_in_both() -> None:
    assert said({"en": "Stops"}, "es") == "Stops"
    assert said(None, "es") == ""


def test_dates_and_numbers_are_written_as_each_language_writes_them() -> None:
    assert day("2026-11-22T17:00:00Z", "en") == "November 22, 2026"
    assert day("2026-11-02", "es") == "2 de noviembre de 2026"
    assert month("2017-12", "es") == "diciembre de 2017"
    assert (percent(0.1234, "en"), percent(0.1234, "es")) == ("12.3%", "12.3\u00a0%")


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (999_499, "999 kB"),
        (999_600, "1.0 MB"),
        (12**7, "36 MB"),
    ],
)
def test_sizes_are_written_as_people_read_them(count: int, told: str) -> None:
    assert size(count).replace("\u00a0", " ") == told


@pytest.mark.parametrize("header", ["*", ";;;", "es;q=x", "q=1", ",,,", "en-US;q=0.0"])
def test_a_header_that_says_nothing_gets_english(header: str) -> None:
    assert preferred(header) == "en"


@pytest.mark.parametrize("shade", SHADES)
def test_a_picture_can_be_read_by_those_who_see_no_colour(shade: str) -> None:
    colours = SHADES[shade]
    assert contrast(colours.ink, colours.paper) >= 7
    assert contrast(colours.quiet, colours.paper) >= 4.5
    assert contrast(colours.data, colours.paper) >= 3  # WCAG 2.2, 1.4.11
    steps = [luminance(step) for step in colours.steps]
    assert steps == sorted(steps, reverse=shade == "light")
    assert all(contrast(one, other) >= 1.3 for one, other in pairwise(colours.steps))


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio, as WCAG 2.2 defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)

"""What holds for every check; a new one is simply held to it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from openbeat.checks import PHASES, Check, checks

CHECKS = checks()
SPEC = "\n".join(
    file.read_text("utf-8")
    for file in sorted((Path(__file__).parent.parent / "checks").glob("test_checks_of_*.py"))
)
# The published checklist has these families, and how many rules each has; R is openbeat's own.
FAMILIES = {"A": 8, "C": 9, "F": 9, "G": 5, "Q": 8, "P": 10, "D": 6, "U": 3, "R": 1}
each = pytest.mark.parametrize("check", CHECKS.values(), ids=[*CHECKS])


@each
def test_has_an_id_of_the_checklist(check: Check) -> None:
    assert 1 <= int(check.key[1:]) <= FAMILIES[check.key[0]]


@each
def test_blocks_warns_or_scores_in_known_phases(check: Check) -> None:
    assert check.level in "BWS"
    assert check.phases
    assert {*check.phases} <= {*PHASES}


@each
def test_says_what_it_means_and_what_to_do_in_both_languages(check: Check) -> None:
    for words in (check.about, check.remedy):
        assert words.en.endswith(".")
        assert words.es.endswith(".")
        assert words.en != words.es


@each
def test_tells_the_same_numbers_in_both_languages(check: Check) -> None:
    assert check.words.says
    for sentence in check.words.says.values():
        places = [sorted(set(re.findall(r"\{(\w+)\}", sentence[language]))) for language in ("en", "es")]
        assert places[0] == places[1]
        assert sentence.en != sentence.es


@each
def test_is_shown_to_fire_and_to_keep_silent(check: Check) -> None:
    """Checks of a finished release keep silent together, in one test; so do those of `hears_nothing`."""
    assert re.search(rf'(fires\(|check == |\()\s*"{check.key}"', SPEC)
    together = rf'\[[^\]]*"{check.key}"[^\]]*\]\)\ndef test_\w+_hears_nothing'
    assert "record" in check.phases or re.search(rf'silent\(\s*"{check.key}"|{together}', SPEC)

"""What holds for every statistic; a new one is simply held to it."""

from __future__ import annotations

import re

import pytest

from openbeat.stats import Statistic, statistics

each = pytest.mark.parametrize("statistic", statistics().values(), ids=[*statistics()])


def test_there_are_statistics() -> None:
    assert statistics()


@each
def test_names_its_source_and_its_caution_where_it_is_defined(statistic: Statistic) -> None:
    said = statistic.compute.__doc__ or ""
    assert re.search(r"^    Source +\S.*\d{4}", said, re.MULTILINE)
    assert re.search(r"^    Caution +\S", said, re.MULTILINE)
    assert re.search(r"^    Returns? +\S", said, re.MULTILINE)


@each
def test_warns_its_readers_in_whole_sentences_of_both_languages(statistic: Statistic) -> None:
    assert statistic.caution.en.endswith(".")
    assert statistic.caution.es.endswith(".")
    assert statistic.caution.en != statistic.caution.es
    assert len(statistic.caution.en.split()) > 5


@each
def test_has_a_title_in_both_languages(statistic: Statistic) -> None:
    assert statistic.title.en.strip()
    assert statistic.title.es.strip()
    assert statistic.title.en != statistic.title.es

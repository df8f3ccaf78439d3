"""The hash that says whether a release would say anything new, and the month that had not ended."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from openbeat.release.body import PASSING, content_hash, partial_from

BODY: dict[str, Any] = {
    "issued": "2026-11-22T17:00:00Z",
    "title": {"en": "Stops", "es": "Detenciones"},
    "caution": {"en": "Careful.", "es": "Cuidado."},
    "licence": "CC0",
    "breaks": [{"on": "2025-01-01", "says": {"en": "New form.", "es": "Formulario nuevo."}}],
    "tables": {
        "stops": {
            "rows": 3,
            "rows_sha256": "ab",
            "columns": [{"name": "stop_id", "missing": 0}],
            "account": {"read": 3, "refused": {}},
            "files": {"csv": {"object": "x", "sha256": "x"}},
        }
    },
    "derived": {"search_rate": {"cells": [{"count": 7}], "files": {"csv": {"object": "y"}}}},
    "crosswords": {"object": "z", "rows": 1},
    "findings": [{"check": "Q3", "count": 1}],
    "input": {"files": [{"name": "stops.csv", "sha256": "in"}]},
    "made_by": {"openbeat": "0.1.0"},
    "changes": {"added": 3},
    "documents": {"dictionary.json": {"object": "d"}},
    "content_sha256": "old",
}
Place = tuple[str | int, ...]


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Where each single value of a body stands."""
    inside = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    )
    if inside is None:
        yield at
        return
    for key, one in inside:
        yield from places(one, (*at, key))


def changed(at: Place) -> dict[str, Any]:
    body = copy.deepcopy(BODY)
    inside: Any = body
    for key in at[:-1]:
        inside = inside[key]
    inside[at[-1]] = "something else"
    return body


PASSES = {
    at
    for at in places(BODY)
    if at[0] in PASSING or (at[0] in ("tables", "derived") and len(at) > 2 and at[2] == "files")
}


@pytest.mark.parametrize("at", sorted(PASSES, key=str), ids=str)
def test_what_changes_from_run_to_run_is_nothing_new(at: Place) -> None:
    assert content_hash(changed(at)) == content_hash(BODY)


@pytest.mark.parametrize("at", sorted({*places(BODY)} - PASSES, key=str), ids=str)
def test_whatever_a_reader_relies_on_is_something_new(at: Place) -> None:
    assert content_hash(changed(at)) != content_hash(BODY)


def test_only_these_parts_pass() -> None:
    assert {"issued", "findings", "input", "made_by", "changes", "documents", "content_sha256"} == PASSING


def test_the_order_in_which_a_body_was_put_together_does_not_matter() -> None:
    assert content_hash(dict(reversed(BODY.items()))) == content_hash(BODY)


def test_a_new_part_or_a_missing_one_is_something_new() -> None:
    assert content_hash(BODY | {"gaps": []}) != content_hash(BODY)
    assert content_hash({key: one for key, one in BODY.items() if key != "licence"}) != content_hash(BODY)


def test_hashing_leaves_the_body_as_it_was() -> None:
    before = copy.deepcopy(BODY)
    content_hash(BODY)
    assert before == BODY


def test_a_month_has_ended_only_when_tomorrow_is_another_month() -> None:
    for number in range(2_000):
        day = date(2023, 1, 1) + timedelta(days=number)
        ended = (day + timedelta(days=1)).month != day.month
        assert partial_from(day) == (None if ended else f"{day:%Y-%m}-01")

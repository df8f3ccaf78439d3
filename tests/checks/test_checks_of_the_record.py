"""A2 to A6, C1 to C9, D, F2 to F9, G4, G5, U: a finished release, and each way in which it could be wrong.

The release is what the real pipeline shows to the checks of its last phase; each test changes one thing.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from check_subjects import fires, leaking, mapped, silent
from hypothesis import given
from hypothesis import strategies as st

from openbeat.checks import Subject, checks, run_checks
from openbeat.checks.coverage import _covers, days_of
from openbeat.engine import Engine

RECORD = [check.key for check in checks().values() if "record" in check.phases]
Body = dict[str, Any]


def changed(seen: Subject, change: Callable[[Body], object]) -> Subject:
    """The same release with one thing changed in its body."""
    body = copy.deepcopy(dict(seen.body or {}))
    change(body)
    return replace(seen, body=body)


def after(seen: Subject, change: Callable[[Body], object] = lambda before: None) -> Subject:
    """The same release as if it followed one that differed by a change."""
    before = copy.deepcopy(dict(seen.body or {}))
    change(before)
    return replace(seen, previous=before)


def with_file(seen: Subject, name: str, data: bytes, folder: Path) -> Subject:
    path = folder / name
    path.write_bytes(data)
    return replace(seen, files={**seen.files, name: path})


@pytest.mark.parametrize("check", RECORD)
def test_a_release_without_a_fault_hears_nothing(seen: Subject, check: str) -> None:
    silent(check, seen, "record")


@pytest.mark.parametrize("check", ["A6", "C7", "F9", "Q5"])
def test_a_release_that_follows_an_equal_one_hears_nothing(seen: Subject, check: str) -> None:
    silent(check, after(seen), "record")


def test_a_table_in_a_closed_format_only_blocks(seen: Subject) -> None:
    def close(body: Body) -> None:
        body["tables"]["stops"]["files"] = {"xlsx": {}}

    assert fires("A2", changed(seen, close), "record").blocks


def test_a_file_with_fewer_rows_than_the_catalogue_blocks(seen: Subject) -> None:
    def more(body: Body) -> None:
        body["tables"]["stops"]["rows"] += 3

    assert fires("A3", changed(seen, more), "record").count == 3
    assert fires("A5", changed(seen, more), "record").count == 3


def test_a_table_without_a_file_blocks(seen: Subject) -> None:
    files = {name: path for name, path in seen.files.items() if name != "stops.parquet"}
    assert fires(
        "A3", replace(seen, files=files, body={**(seen.body or {}), "period": None}), "record"
    ).blocks


def _csv(seen: Subject) -> bytes:
    return seen.files["stops.csv"].read_bytes()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda data: b"\xef\xbb\xbf" + data, "byte order mark"),
        (lambda data: data + b"one,cell,too,few\n", "too many or too few"),
        (lambda data: data.replace(b"black", b"bl\xe1ck", 1), "cannot be read"),
        (lambda data: data.replace(b"district", b"borough", 1), "header"),
        (lambda data: data[: data.rindex(b"\n", 0, -1) + 1], "1 rows away"),
    ],
)
def test_csv_that_is_not_strict_blocks(
    seen: Subject, tmp_path: Path, spoil: Callable[[bytes], bytes], said: str
) -> None:
    spoiled = with_file(seen, "stops.csv", spoil(_csv(seen)), tmp_path)
    found = [one for one in run_checks(spoiled, "record") if one.check == "A5"]
    assert said in " ".join(one.says.en for one in found)
    assert all(one.blocks for one in found)


def test_line_breaks_and_commas_within_quotes_are_strict_csv(seen: Subject, tmp_path: Path) -> None:
    data = _csv(seen).replace(b'"black"', b'"bl,a\nck"')
    assert b"a\nck" in data
    silent("A5", with_file(seen, "stops.csv", data, tmp_path), "record")


@pytest.mark.parametrize("name", ["Subject Race", "2nd", "x" * 64, "district", "raça"])
def test_column_names_that_trouble_programs_warn(seen: Subject, name: str) -> None:
    def rename(body: Body) -> None:
        next(one for one in body["tables"]["stops"]["columns"] if one["name"] == "subject_race")["name"] = (
            name
        )

    found = [one for one in run_checks(changed(seen, rename), "record") if one.check == "A6"]
    assert [one.count for one in found] == [1]


def test_a_column_that_is_gone_since_the_last_release_warns(seen: Subject) -> None:
    def another(before: Body) -> None:
        before["tables"]["stops"]["columns"].append(
            {**before["tables"]["stops"]["columns"][1], "name": "beat"}
        )

    assert "beat" in fires("A6", after(seen, another), "record").says.en


@pytest.mark.parametrize(
    "gap", [{"about": {"en": "", "es": ""}}, {"type": None}, {"kind": "number", "unit": None}]
)
def test_a_column_without_definition_type_or_unit_blocks(seen: Subject, gap: Body) -> None:
    found = fires(
        "C1", changed(seen, lambda body: body["tables"]["stops"]["columns"][2].update(gap)), "record"
    )
    assert found.blocks


def test_a_column_that_only_the_file_has_blocks(seen: Subject, tmp_path: Path) -> None:
    path = tmp_path / "stops.parquet"
    rows = pq.read_table(seen.files["stops.parquet"])
    pq.write_table(rows.append_column("badge", pa.array(["1"] * rows.num_rows)), path)
    found = fires("C1", replace(seen, files={**seen.files, "stops.parquet": path}), "record")
    assert (found.field, found.blocks) == ("badge", True)


DAY = date(2025, 3, 1)


@pytest.mark.parametrize(("field", "value"), [("subject_race", "martian"), ("search_basis", "consent|whim")])
def test_a_value_outside_its_code_list_blocks(engine: Engine, field: str, value: str) -> None:
    rows = [{"stop_id": "1", "occurred_date": DAY, field: value}]
    assert fires("C2", leaking(mapped(engine, "stops", {"stops": rows})), "protected").blocks


def test_values_of_the_code_list_pass(engine: Engine) -> None:
    row = {"stop_id": "1", "occurred_date": DAY, "subject_race": "white", "search_basis": "consent|warrant"}
    silent(
        "C2", leaking(mapped(engine, "stops", {"stops": [row, {**row, "subject_race": None}]})), "protected"
    )


def test_an_outcome_that_is_only_a_title_warns(seen: Subject) -> None:
    def bare(body: Body) -> None:
        title = {"en": "Exonerated", "es": "Exonerado"}
        codes = {"exonerated": {"title": title, "about": {"en": "Exonerated.", "es": "Exonerado."}}}
        body["code_lists"]["finding"] = {"title": title, "about": title, "source": "", "codes": codes}

    assert fires("C3", changed(seen, bare), "record").count == 1


def test_data_from_before_the_first_linked_policy_warn(seen: Subject) -> None:
    def late(body: Body) -> None:
        body["policies"][0]["effective"] = "2025-06-01"

    assert "stops_and_searches" in fires("C5", changed(seen, late), "record").says.en


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=5),
    st.integers(0, 19),
    st.integers(0, 9),
)
def test_policies_cover_a_time_if_each_of_its_days_is_within_one(
    spans: list[tuple[int, int]], first: int, length: int
) -> None:
    start = date(2025, 1, 1)
    day = [start + timedelta(days=number) for number in range(40)]
    policies = [{"effective": day[a].isoformat(), "until": day[b].isoformat()} for a, b in spans]
    every = all(any(a <= n <= b for a, b in spans) for n in range(first, first + length + 1))
    assert _covers(policies, (day[first], day[first + length])) is every


def test_codes_that_changed_without_a_word_warn(seen: Subject) -> None:
    def fewer(before: Body) -> None:
        del before["code_lists"]["race"]["codes"]["other"]

    found = fires("C7", after(seen, fewer), "record")
    assert found.count == 1
    assert "stops.subject_race" in found.says.en


def test_precision_that_changed_with_a_declared_break_passes(seen: Subject) -> None:
    def coarser(before: Body) -> None:
        before["tables"]["stops"]["columns"][2]["publish"] = "month"

    told = {"on": "2025-06-01", "says": {"en": "From then on to the day.", "es": "Desde entonces, por día."}}
    broken = changed(after(seen, coarser), lambda body: body["breaks"].append(told))
    assert fires("C7", after(seen, coarser), "record").count == 1
    silent("C7", broken, "record")


def test_a_release_without_a_citation_scores_lower(seen: Subject) -> None:
    documents = {**seen.documents, "citation.txt": b""}
    assert fires("C9", replace(seen, documents=documents), "record").level == "S"


DCAT = "dcat-us-1.1.json"


def _with_dcat(seen: Subject, **changes: object) -> Subject:
    record = json.loads(seen.documents[DCAT]) | changes
    return replace(seen, documents={**seen.documents, DCAT: json.dumps(record).encode()})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("title", ""),
        ("keyword", []),
        ("publisher", {}),
        ("contactPoint", {"fn": "Desk"}),
        ("accessLevel", "secret"),
        ("license", None),
    ],
)
def test_a_catalogue_record_without_a_required_field_blocks(seen: Subject, key: str, value: object) -> None:
    found = fires("D1", _with_dcat(seen, **{key: value}), "record")
    assert found.blocks
    assert key in found.says.en


def test_a_catalogue_record_that_cannot_be_read_blocks(seen: Subject) -> None:
    assert fires("D1", replace(seen, documents={**seen.documents, DCAT: b"{"}), "record").blocks


@pytest.mark.parametrize("gap", [{"temporal": None}, {"spatial": ""}, {"distribution": [{"title": "CSV"}]}])
def test_a_catalogue_record_without_a_helpful_field_warns(seen: Subject, gap: Body) -> None:
    assert fires("D2", _with_dcat(seen, **gap), "record").count == 1


def test_one_table_under_two_names_warns(seen: Subject) -> None:
    def copied(body: Body) -> None:
        body["tables"]["stops_again"] = {**body["tables"]["stops"], "event": None}

    assert fires("D3", changed(seen, copied), "record").count == 2


def test_records_older_than_promised_warn(seen: Subject) -> None:
    """The last day is 2025-12-31; a year and a half later is the end of June 2027."""
    silent("F2", replace(seen, now=datetime(2027, 6, 29, tzinfo=UTC)), "record")
    assert fires("F2", replace(seen, now=datetime(2027, 7, 5, tzinfo=UTC)), "record").level == "W"


@pytest.mark.parametrize(("duration", "days"), [("P1D", 1), ("P2W", 14), ("P1Y", 365.25), ("P1Y6M", 547.89)])
def test_a_duration_lasts_its_days(duration: str, days: float) -> None:
    assert days_of(duration) == pytest.approx(days)


@pytest.mark.parametrize("period", [["2025-01-30", "2025-12-30"], ["2024-01-01", "2025-12-31"], None])
def test_a_period_that_is_not_that_of_the_rows_blocks(seen: Subject, period: list[str] | None) -> None:
    assert fires("F4", changed(seen, lambda body: body.update(period=period)), "record").blocks


@pytest.mark.parametrize(("last", "marked"), [("2025-12-30", None), ("2025-12-30", "2025-11-01")])
def test_an_incomplete_month_that_is_not_marked_blocks(seen: Subject, last: str, marked: str | None) -> None:
    change = {"period": ["2025-01-30", last], "partial_from": marked}
    assert fires("F5", changed(seen, lambda body: body.update(change)), "record").blocks


def test_an_incomplete_month_that_is_marked_passes(seen: Subject) -> None:
    change = {"period": ["2025-01-30", "2025-12-30"], "partial_from": "2025-12-01"}
    silent("F5", changed(seen, lambda body: body.update(change)), "record")


def test_a_silent_month_warns_unless_it_is_a_declared_gap(seen: Subject) -> None:
    quiet = changed(seen, lambda body: body["tables"]["stops"]["months"].pop("2025-03"))
    assert "2025-03" in fires("F6", quiet, "record").says.en
    silent("F6", changed(quiet, lambda body: body["gaps"].append("2025-03")), "record")


def test_a_district_that_falls_silent_warns(seen: Subject) -> None:
    def with_another(before: Body) -> None:
        cell = {"place_field": "district", "place": "W"}
        next(iter(before["derived"].values()))["cells"].append(cell)

    found = fires("F9", after(seen, with_another), "record")
    assert (found.count, found.among) == (1, 3)


def test_a_standard_with_rates_and_a_release_without_warns(seen: Subject) -> None:
    found = fires("G4", changed(seen, lambda body: body.update(derived={})), "record")
    assert found.count == len(seen.standard.rates)


def test_months_that_do_not_add_up_warn(seen: Subject) -> None:
    def more(body: Body) -> None:
        body["tables"]["stops"]["months"]["2025-03"] += 2

    assert fires("G4", changed(seen, more), "record").count == 2


def test_a_summary_that_is_not_the_sum_of_its_rows_warns(seen: Subject, engine: Engine) -> None:
    """One search in two stops, counted by hand."""
    stops = [{"stop_id": str(n), "occurred_date": DAY, "search_conducted": not n} for n in range(2)]
    inside = mapped(engine, "stops", {"stops": stops})
    cell = {"year": None, "place_field": None, "place": None, "group": None, "suppressed": False}
    right = {**cell, "count": 1, "among": 2, "share": 0.5, "low": 0.1, "high": 0.9}

    def told(**wrong: int) -> Subject:
        derived = {"search_rate_by_subject_race": {"cells": [{**right, **wrong}]}}
        subject = changed(seen, lambda body: body.update(derived=derived))
        return replace(subject, mapped=inside.mapped, engine=engine)

    silent("G4", told(), "record")
    assert fires("G4", told(count=3), "record").count == 2


def test_rows_withdrawn_since_the_last_release_are_told(seen: Subject) -> None:
    gone = changed(after(seen), lambda body: body["changes"].update(withdrawn=4))
    found = fires("Q5", gone, "record")
    assert (found.count, found.among, found.level) == (4, 241, "W")


@pytest.mark.parametrize(("officers", "fired"), [("ab", True), ("aa", False)])
def test_numbers_that_never_repeat_stand_for_no_officer(engine: Engine, officers: str, fired: bool) -> None:
    rows = [{"stop_id": str(n), "occurred_date": DAY, "officer_id": one} for n, one in enumerate(officers)]
    subject = leaking(mapped(engine, "stops", {"stops": rows}))
    found = [one for one in run_checks(subject, "protected") if one.check == "G5"]
    assert [one.level for one in found] == ["S"] * fired


def test_stops_without_an_officer_number_score_lower(engine: Engine) -> None:
    rows = [{"stop_id": "1", "occurred_date": DAY}]
    assert fires("G5", leaking(mapped(engine, "stops", {"stops": rows})), "protected").level == "S"


def test_one_number_for_several_stops_stands_for_an_officer(engine: Engine) -> None:
    rows = [{"stop_id": str(n), "occurred_date": DAY, "officer_id": "a"} for n in range(2)]
    silent("G5", leaking(mapped(engine, "stops", {"stops": rows})), "protected")


@pytest.mark.parametrize("spanish", ["", "Each stop of a driver or walker"])
def test_a_text_that_is_not_in_spanish_scores_lower(seen: Subject, spanish: str) -> None:
    about = {"en": "Each stop of a driver or walker", "es": spanish}
    assert fires("U2", changed(seen, lambda body: body.update(about=about)), "record").count == 1


@pytest.mark.parametrize("part", ["count", "among", "low", "high"])
def test_a_rate_without_its_numbers_or_interval_warns(seen: Subject, part: str) -> None:
    def bare(body: Body) -> None:
        cells = next(iter(body["derived"].values()))["cells"]
        next(cell for cell in cells if not cell["suppressed"] and cell["year"])[part] = None

    assert fires("U3", changed(seen, bare), "record").count == 1

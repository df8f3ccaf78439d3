"""From an agency's file to a release, and to the next: what changes, what stays, and what never leaves."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from rivertown import NOW, SETTINGS, publish, settle, stop, write_stops

from openbeat.errors import Blocked, UnknownCodes, UnknownColumns, WrongSettings
from openbeat.release.pipeline import Outcome
from openbeat.release.shelf import datasets, history, object_path, open_shelf
from openbeat.release.verify import verify
from openbeat.release.withdrawal import retract
from openbeat.workspace import Workspace

ROWS = [stop(number) for number in range(60)]

pytestmark = pytest.mark.usefixtures("key_file")


def body(outcome: Outcome) -> Any:
    assert outcome.release is not None
    return outcome.release.manifest


def rows_of(workspace: Workspace, outcome: Outcome) -> list[dict[str, Any]]:
    file = body(outcome)["tables"]["stops"]["files"]["parquet"]["object"]
    found: list[dict[str, Any]] = pq.read_table(object_path(open_shelf(workspace.shelf), file)).to_pylist()
    return found


def changes_of(workspace: Workspace, outcome: Outcome) -> list[dict[str, str]]:
    file = object_path(open_shelf(workspace.shelf), body(outcome)["changes"]["file"]["object"])
    with file.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_every_row_is_published_once_and_the_account_adds_up(tmp_path: Path) -> None:
    workspace = settle(tmp_path, ROWS)
    outcome = publish(workspace)
    account = outcome.tables["stops"].account
    assert account.adds_up
    assert (account.read, account.published) == (60, 60)
    assert len({row["stop_id"] for row in rows_of(workspace, outcome)}) == 60


def test_what_was_counted_inside_comes_out_of_the_release(tmp_path: Path) -> None:
    workspace = settle(tmp_path, ROWS)
    rows = rows_of(workspace, publish(workspace))
    assert sum(row["search_conducted"] for row in rows) == sum(row["Searched"] == "Yes" for row in ROWS)
    assert sum(row["contraband_found"] is True for row in rows) == sum(row["Found"] == "Yes" for row in ROWS)
    assert sum(row["contraband_found"] is None for row in rows) == sum(row["Found"] == "" for row in ROWS)
    assert len({row["officer_id"] for row in rows}) == 7


def test_nothing_that_names_a_person_is_anywhere_on_the_shelf(tmp_path: Path) -> None:
    workspace = settle(tmp_path, ROWS)
    publish(workspace)
    shelf = b"".join(path.read_bytes() for path in workspace.shelf.rglob("*") if path.is_file())
    for canary in (b"Canary Driver", b"canaryremark", b"RT-0000", b"4003"):
        assert canary not in shelf
    tables = [pq.read_table(path) for path in workspace.shelf.rglob("*.parquet")]
    words = {str(cell) for table in tables for column in table.columns for cell in column.to_pylist()}
    assert not any("Driver" in word or "remark" in word or word.startswith("RT-") for word in words)


def test_the_house_number_is_gone_and_the_block_stays(tmp_path: Path) -> None:
    workspace = settle(tmp_path, ROWS)
    assert {row["location"] for row in rows_of(workspace, publish(workspace))} == {
        f"100 block {chr(65 + number)}canary St" for number in range(26)
    }


def test_unchanged_records_publish_nothing(tmp_path: Path) -> None:
    workspace = settle(tmp_path, ROWS)
    publish(workspace)
    before = sorted(path.name for path in workspace.shelf.rglob("*"))
    write_stops(workspace.agencies / "rivertown" / "records", list(reversed(ROWS)))
    again = publish(workspace)
    assert again.release is not None
    assert not again.release.new
    assert sorted(path.name for path in workspace.shelf.rglob("*")) == before


def test_the_changelog_names_what_was_added_changed_and_withdrawn(tmp_path: Path) -> None:
    workspace = settle(tmp_path, ROWS)
    first = {row["stop_id"] for row in rows_of(workspace, publish(workspace))}
    write_stops(
        workspace.agencies / "rivertown" / "records",
        [*ROWS[1:59], stop(59, Searched="Yes", Found="Yes"), stop(100), stop(101)],
    )
    outcome = publish(workspace)
    second = {row["stop_id"] for row in rows_of(workspace, outcome)}
    found = body(outcome)["changes"]
    assert (found["added"], found["changed"], found["withdrawn"]) == (2, 1, 1)
    listed = changes_of(workspace, outcome)
    assert {row["key"].split("|")[0] for row in listed if row["change"] == "added"} == second - first
    assert {row["key"].split("|")[0] for row in listed if row["change"] == "withdrawn"} == first - second
    assert [row["fields"] for row in listed if row["change"] == "changed"] == [
        "search_conducted contraband_found"
    ]
    assert all(row["reason"] for row in listed if row["change"] == "withdrawn")


def test_a_partial_last_month_is_said(tmp_path: Path) -> None:
    rows = [stop(number, When="03/15/2026") for number in range(5)]
    found = body(publish(settle(tmp_path, rows)))
    assert (found["period"], found["partial_from"]) == (["2026-03-15", "2026-03-15"], "2026-03-01")


def test_a_child_is_shown_with_less_detail_and_counted(tmp_path: Path) -> None:
    workspace = settle(tmp_path, [*ROWS, stop(61, Age="14")])
    outcome = publish(workspace)
    (child,) = [row for row in rows_of(workspace, outcome) if row["reduced_detail"]]
    assert (child["subject_age_range"], child["location"], child["occurred_date"].day) == ("0-17", None, 1)
    assert outcome.tables["stops"].account.coarsened == {"juvenile": 1}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (stop(70, When="13/45/2025"), "occurred_date is missing or cannot be read"),
        (stop(70, When=""), "occurred_date is missing or cannot be read"),
        (stop(70, No=""), "stop_id is missing or cannot be read"),
        (stop(5), "exact copy of another row"),
    ],
)
def test_a_row_that_cannot_be_a_record_is_refused_with_its_reason(
    tmp_path: Path, row: dict[str, str], reason: str
) -> None:
    account = publish(settle(tmp_path, [*ROWS, row])).tables["stops"].account
    assert account.adds_up
    assert account.refused == {reason: 1}


def test_an_impossible_age_is_missing_and_counted_never_published(tmp_path: Path) -> None:
    workspace = settle(tmp_path, [*ROWS, stop(70, Age="999")])
    outcome = publish(workspace)
    problems = {(one.where, one.kind): one.count for one in outcome.tables["stops"].problems}
    assert problems == {("subject_age", "outside the possible range"): 1}
    assert [row["subject_age_range"] for row in rows_of(workspace, outcome)].count(None) == 1


def test_an_unknown_word_stops_the_run_and_says_where_to_write_it(tmp_path: Path) -> None:
    workspace = settle(tmp_path, [*ROWS, stop(70, Race="Q"), stop(71, Race="Q")])
    with pytest.raises(UnknownCodes, match=r"'Q' \(2 rows\)") as error:
        publish(workspace)
    assert "codes.subject_race" in str(error.value)
    assert datasets(open_shelf(workspace.shelf)) == []


def test_an_unknown_column_stops_the_run(tmp_path: Path) -> None:
    workspace = settle(tmp_path, ROWS, SETTINGS.replace('Driver = "name of a person"', ""))
    with pytest.raises(UnknownColumns, match="'Driver'"):
        publish(workspace)


def test_two_different_rows_under_one_number_block_the_release(tmp_path: Path) -> None:
    workspace = settle(tmp_path, [*ROWS, stop(5, Race="W", Age="70")])
    with pytest.raises(Blocked, match="G1"):
        publish(workspace)
    assert datasets(open_shelf(workspace.shelf)) == []


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    workspace = settle(tmp_path, ROWS, SETTINGS.replace("stops*.csv", "arrests.csv"))
    with pytest.raises(WrongSettings, match=r"arrests\.csv"):
        publish(workspace)


def test_a_check_publishes_nothing(tmp_path: Path) -> None:
    workspace = settle(tmp_path, ROWS)
    outcome = publish(workspace, only_check=True)
    assert outcome.release is None
    assert outcome.tables["stops"].account.published == 60
    assert datasets(open_shelf(workspace.shelf)) == []


def test_no_raw_record_is_left_behind_after_a_run_or_an_error(tmp_path: Path) -> None:
    workspace = settle(tmp_path, ROWS)
    publish(workspace)
    write_stops(workspace.agencies / "rivertown" / "records", [stop(1, Race="Q")])
    with pytest.raises(UnknownCodes):
        publish(workspace)
    assert list((workspace.root / "state" / "scratch").iterdir()) == []


def test_after_a_retraction_the_next_release_is_compared_with_the_last_standing_one(tmp_path: Path) -> None:
    workspace = settle(tmp_path, ROWS)
    publish(workspace)
    write_stops(workspace.agencies / "rivertown" / "records", [*ROWS, stop(90)])
    publish(workspace)
    shelf = open_shelf(workspace.shelf)
    retract(
        shelf, "rivertown", "stops", version=2, reason="a row too many", erase=True, by="the chief", now=NOW
    )
    write_stops(workspace.agencies / "rivertown" / "records", [*ROWS, stop(91)])
    outcome = publish(workspace)
    assert outcome.release is not None
    assert outcome.release.version == 4
    assert body(outcome)["changes"]["added"] == 1
    assert [manifest.version for manifest in history(shelf, "rivertown", "stops")] == [4, 3, 2, 1]
    assert verify(shelf).clean


def test_another_key_gives_other_pseudonyms_in_every_row(tmp_path: Path, key_file: Path) -> None:
    workspace = settle(tmp_path, ROWS)
    first = {row["stop_id"] for row in rows_of(workspace, publish(workspace))}
    key_file.write_text("ab" * 32)
    second = {row["stop_id"] for row in rows_of(workspace, publish(workspace))}
    assert first & second == set()

"""The query window packs an incident into one row: lines of cells beside each other belong together."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from export_writing import Row, counts, problems, rows_of, words, write_csv

from openbeat.sources.iapro.exports import Exported, read_export
from openbeat.synth.department import make_department
from openbeat.synth.iapro import tables_at, write_packed_csv

ROW = {
    "FILENUM": " FTN2020-0001 ",
    "INCIDENT_TYPE": "Use of force",
    "OCCURRED_DT": "08/13/2020",
    "STATUS": "Completed",
    "Officer": "Sgt. Jane Canary\n\nOfc. John Canary-Smith",
    "Force type": "Hands\nTaser\nHands",
    "Allegation": "",
    "Finding": "",
    "Citizen race": "White\nWhite",
    "Citizen sex": "Male\nMale",
    "Citizen age": "30\n30",
}
COMPLAINT = ROW | {
    "FILENUM": "2020-0002-P",
    "INCIDENT_TYPE": "Citizen complaint",
    "Officer": "Police Sergeant Jane Canary\n",
    "Force type": "",
    "Allegation": "Courtesy\nCourtesy",
    "Finding": "\nNot Sustained",
}


def packed(folder: Path, *rows: dict[str, str], encoding: str = "utf-8") -> Exported:
    return read_export([write_csv(folder / "query.csv", rows, encoding=encoding)], "packed")


def by_rank(exported: Exported, table: str, column: str) -> list[tuple[str | None, str | None]]:
    ranks = {row["OFFNUM"]: row["TITLE"] for row in rows_of(exported, "OFFICERS")}
    links = {row["AIO_NUM"]: ranks[row["OFFNUM"]] for row in rows_of(exported, "ASSOC_INC_OFF")}
    return sorted((links[row["AIO_NUM"]], row[column]) for row in rows_of(exported, table))


def test_a_blank_line_is_the_officer_of_the_line_above(tmp_path: Path) -> None:
    exported = packed(tmp_path, ROW)
    assert by_rank(exported, "USES_OF_FORCE", "UOF_FORCE_TYPE") == [
        ("Ofc", "Hands"),
        ("Sgt", "Hands"),
        ("Sgt", "Taser"),
    ]


def test_one_incident_has_one_row_and_its_cells(tmp_path: Path) -> None:
    (incident,) = rows_of(packed(tmp_path, ROW), "INCIDENTS")
    assert incident.pop("INCNUM")
    assert {column: word for column, word in incident.items() if word} == {
        "FILENUM": "FTN2020-0001",
        "INCIDENT_TYPE": "Use of force",
        "OCCURRED_DT": "2020-08-13 00:00:00",
        "STATUS": "Completed",
    }


def test_two_like_lines_are_two_uses_of_force_and_two_people(tmp_path: Path) -> None:
    exported = packed(
        tmp_path, ROW | {"Officer": "Sgt. Jane Canary\n\n", "Force type": "Hands\nHands\nHands"}
    )
    assert [row["_NTH"] for row in rows_of(exported, "USES_OF_FORCE")] == ["1", "2", "3"]
    assert counts(exported)["CITIZENS"] == counts(exported)["ASSOC_INC_CIT"] == 2
    assert words(exported, "ASSOC_INC_CIT", "CIT_AGE") == ["30", "30"]


def test_allegations_stand_beside_their_findings_and_one_without_is_pending(tmp_path: Path) -> None:
    exported = packed(tmp_path, COMPLAINT)
    assert by_rank(exported, "ALLEGATIONS", "ALLEGATION") == [("Police Sergeant", "Courtesy")] * 2
    assert words(exported, "ALLEGATIONS", "FINDING") == [None, "Not Sustained"]


def test_a_finding_that_changes_is_of_the_same_allegation(tmp_path: Path) -> None:
    before = words(packed(tmp_path, COMPLAINT), "ALLEGATIONS", "ALGNUM")
    after = words(packed(tmp_path, COMPLAINT | {"Finding": "Sustained\nSustained"}), "ALLEGATIONS", "ALGNUM")
    assert before == after


def test_no_name_is_taken_over_anywhere(tmp_path: Path) -> None:
    exported = packed(tmp_path, ROW, COMPLAINT, ROW | {"FILENUM": "3", "Officer": "Jane Canary"})
    everything = [
        *(table.to_pylist() for table in exported.tables.values()),
        exported.problems,
        exported.quarantined,
    ]
    assert "anary" not in str(everything)


def test_the_same_name_in_two_incidents_is_no_proof_of_the_same_officer(tmp_path: Path) -> None:
    exported = packed(tmp_path, ROW, ROW | {"FILENUM": "FTN2020-0009"})
    assert counts(exported)["OFFICERS"] == 4


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"Force type": "Hands\nTaser"}, "packed_uneven"),
        ({"Officer": "Sgt. Jane Canary"}, "packed_uneven"),
        ({"Citizen sex": "Male"}, "packed_uneven"),
        ({"Officer": ""}, "no_officer_line"),
        ({"Officer": "\n\nSgt. Jane Canary"}, "no_officer_line"),
        ({"Officer": "Sgt. Jane Canary\n\nJohn Canary"}, "rank_not_known"),
        ({"Officer": "Resisting Arrest", "Force type": "Hands"}, "rank_not_known"),
        ({"Finding": "Sgt. Jane Canary\nHands\nTaser"}, "shifted_columns"),
        ({"Citizen age": "Male\nMale"}, "shifted_columns"),
        ({"STATUS": "08/13/2020"}, "shifted_columns"),
        ({"FILENUM": "NULL"}, "no_incident_number"),
        ({"FILENUM": "2020-0002-P"}, "incident_twice"),
    ],
)
def test_a_row_that_cannot_be_understood_is_quarantined_whole(
    tmp_path: Path, change: dict[str, str], reason: str
) -> None:
    exported = packed(tmp_path, COMPLAINT, ROW | change)
    assert exported.quarantined == {reason: (2,)}
    assert exported.tables == packed(tmp_path, COMPLAINT).tables
    assert (exported.read, problems(exported)) == (2, {reason: 1})


def test_a_row_with_a_cell_too_many_is_quarantined(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "query.csv", [ROW, *(COMPLAINT | {"FILENUM": str(n)} for n in range(5))])
    slid = ROW | {"FILENUM": "8", "Citizen race": "", "Citizen sex": "", "Citizen age": ""}
    rest = ",".join(f'"{cell}"' for cell in [*slid.values()][3:])
    file.write_text(f'{file.read_text("utf-8")}8,Use of force,08/13/2020,"refuse, verbal",{rest}\n', "utf-8")
    exported = read_export([file], "packed")
    assert exported.quarantined == {"shifted_columns": (7,)}
    assert "anary" not in str([table.to_pylist() for table in exported.tables.values()])


def test_a_mark_at_the_start_and_line_ends_within_cells_change_nothing(tmp_path: Path) -> None:
    as_it_is = packed(tmp_path, ROW, COMPLAINT).tables
    assert packed(tmp_path, ROW, COMPLAINT, encoding="utf-8-sig").tables == as_it_is
    ends = [{name: text.replace("\n", "\r\n") for name, text in row.items()} for row in (ROW, COMPLAINT)]
    assert packed(tmp_path, *ends).tables == as_it_is


@pytest.mark.parametrize("nobody", ["UNKNOWN", "Unknown Officer", "Not an NOPD officer", "unidentified"])
def test_a_placeholder_is_no_officer(tmp_path: Path, nobody: str) -> None:
    exported = packed(tmp_path, ROW | {"Officer": nobody, "Force type": "Hands"})
    assert (counts(exported)["OFFICERS"], problems(exported)) == (0, {"placeholder_officer": 1})
    links: list[Row] = rows_of(exported, "ASSOC_INC_OFF")
    assert [row["OFFNUM"] for row in links] == [None]
    assert rows_of(exported, "USES_OF_FORCE")[0]["AIO_NUM"] == links[0]["AIO_NUM"]


def test_a_rank_is_the_longest_that_is_listed(tmp_path: Path) -> None:
    lines = "POLICE OFFICER 4 Jane Canary\nPolice Lieutenant Al Canary\nOff. Majors Canary"
    exported = packed(tmp_path, ROW | {"Officer": lines})
    assert words(exported, "OFFICERS", "TITLE") == ["Off", "POLICE OFFICER", "Police Lieutenant"]


def test_free_text_is_ignored_with_a_reason(tmp_path: Path) -> None:
    exported = packed(tmp_path, ROW | {"Summary": "Canary was seen"})
    assert exported.ignored == {"Summary": "free text"}


@pytest.mark.parametrize("seed", range(3))
def test_a_synthetic_department_comes_back_as_many_as_it_went_out(tmp_path: Path, seed: int) -> None:
    tables = tables_at(make_department(seed=seed, officers=40, years=1), traps=())
    write_packed_csv(tables, tmp_path / "query.csv")
    exported = read_export([tmp_path / "query.csv"], "packed")
    assert (exported.read, exported.quarantined) == (tables["INCIDENTS"].num_rows, {})
    for table in ("INCIDENTS", "ASSOC_INC_OFF", "USES_OF_FORCE", "ALLEGATIONS", "ASSOC_INC_CIT"):
        assert counts(exported)[table] == tables[table].num_rows, table


def test_with_every_trap_no_row_is_lost_and_no_name_comes_through(tmp_path: Path) -> None:
    tables = tables_at(make_department(seed=5, officers=120, years=2))
    write_packed_csv(tables, tmp_path / "query.csv", traps=("bom", "packed_uneven", "column_shift"))
    exported = read_export([tmp_path / "query.csv"], "packed")
    quarantined = [row for rows in exported.quarantined.values() for row in rows]
    assert exported.read == counts(exported)["INCIDENTS"] + len(quarantined)
    with (tmp_path / "query.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    slid = {number for number, row in enumerate(rows, 1) if len(row) > len(header)}
    assert slid
    assert slid <= set(quarantined)
    assert exported.quarantined["packed_uneven"]
    everything = [table.to_pylist() for table in exported.tables.values()]
    assert "canary" not in str([everything, exported.problems]).lower()

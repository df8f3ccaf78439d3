"""A first agency.toml: guesses are marked, decisions are left open, and nobody's name is in it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from record_mapping import HEAD, mapped, write_csv

from openbeat.agency import load_agency
from openbeat.errors import UnknownCodes, WrongSettings
from openbeat.mapping.draft import draft_agency
from openbeat.standards import standards


def draft(*files: Path, dataset: str = "stops", table: str | None = None) -> str:
    return draft_agency(list(files), standards()[dataset], table=table, slug="smallville_ks")


def fields(text: str, dataset: str = "stops") -> dict[str, Any]:
    (table,) = tomllib.loads(text)["datasets"][dataset]["tables"].values()
    found: dict[str, Any] = table["fields"]
    return found


def decided(text: str, folder: Path) -> Path:
    """The draft after somebody has said who the agency is."""
    home = folder / "smallville_ks"
    home.mkdir()
    who = HEAD.split("[datasets.stops]")[0]
    (home / "agency.toml").write_text(who + text, "utf-8")
    return home / "agency.toml"


PEOPLE = {
    "Officer Name": ["KENT, CLARK", "LANE, LOIS", "OLSEN, JIMMY"],
    "DOB": ["02/29/1980", "03/01/1981", "04/02/1982"],
    "Narrative": [
        "Suspect fled north on foot and was found by the river later",
        "Complainant was calm",
        "Nothing seen",
    ],
    "License Plate": ["KS 1ABC23", "KS 2ABC23", "KS 3ABC23"],
    "Home Phone": ["785-555-0101", "785-555-0102", "785-555-0103"],
    "Who": ["Luthor, Alexander", "Ross, Peter", "Lang, Lana"],
    "Reached at": ["785-555-0191", "785-555-0192", "785-555-0193"],
    "Remarks 2": ["told to leave", "asked to wait", "sent home"],
}


def test_what_belongs_to_people_is_proposed_to_be_left_out_and_never_shown(tmp_path: Path) -> None:
    rows = [
        [str(n), f"01/{n + 10:02}/2020", *(values[n % 3] for values in PEOPLE.values())] for n in range(18)
    ]
    text = draft(write_csv(tmp_path / "a.csv", ["Stop No", "Stop Date", *PEOPLE], rows))
    left_out = tomllib.loads(text)["datasets"]["stops"]["tables"]["stops"]["ignored_columns"]
    assert set(PEOPLE) - {"Who"} <= set(left_out)
    assert not [value for values in PEOPLE.values() for value in values if value in text]


def test_people_in_a_coded_column_are_not_shown_either(tmp_path: Path) -> None:
    rows = [[str(n), "White"] for n in range(30)] + [["31", "Clark Kent 785-55-0101"], ["32", "Smith, John"]]
    text = draft(write_csv(tmp_path / "a.csv", ["Stop No", "Race"], rows))
    assert 'White = "white"  # guess: 30 rows' in text
    assert "Kent" not in text
    assert "Smith" not in text
    assert "They are not shown" in text


def test_every_live_line_of_the_table_is_a_marked_guess(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "a.csv", ["Stop No", "Stop Date", "Race"], [["1", "01/31/2020", "White"]] * 3)
    body = draft(file).split(".fields]")[1].splitlines()
    live = [line for line in body if line and not line.startswith(("#", "["))]
    assert live
    assert all("# guess: " in line for line in live)


def test_its_only_faults_are_the_decisions_that_it_names(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "a.csv", ["Stop No", "Stop Date"], [["1", "01/31/2020"], ["2", "02/01/2020"]])
    text = draft(file)
    home = tmp_path / "smallville_ks"
    home.mkdir()
    (home / "agency.toml").write_text(text, "utf-8")
    with pytest.raises(WrongSettings) as stopped:
        load_agency(home / "agency.toml")
    asked = [
        line.split("=")[0].removeprefix("# decide:").strip()
        for line in text.splitlines()
        if line.startswith("# decide:")
    ]
    told = [
        line.split(": ")[1].removesuffix(" is missing")
        for line in str(stopped.value).splitlines()
        if "is missing" in line
    ]
    assert told == asked == ["name", "place", "time_zone", "licence", "contact"]


def test_a_draft_of_plain_records_translates_them(tmp_path: Path) -> None:
    columns = ["Stop No", "Stop Date", "Race", "Sex", "Searched", "Badge"]
    data = [["1", "01/31/2020", "W", "M", "Y", "77"], ["2", "02/01/2020", "Black", "F", "N", "78"]]
    file = write_csv(tmp_path / "a.csv", columns, data)
    agency = load_agency(decided(draft(file), tmp_path))
    assert agency.datasets["stops"].tables["stops"].files == ("a.csv",)
    settings = draft(file).split('files = ["a.csv"]')[1]
    _, rows = mapped(tmp_path, settings, file)
    found = rows.select(
        ["stop_id", "subject_race", "subject_gender", "search_conducted", "officer_id"]
    ).to_pylist()
    assert [tuple(row.values()) for row in found] == [
        ("1", "white", "male", True, "77"),
        ("2", "black", "female", False, "78"),
    ]


def test_a_word_without_a_meaning_is_left_open_with_the_codes_it_may_have(tmp_path: Path) -> None:
    rows = [
        ["1", "01/31/2020", "White"],
        ["2", "01/31/2020", "Kryptonian"],
        ["3", "01/31/2020", "Kryptonian"],
    ]
    file = write_csv(tmp_path / "a.csv", ["Stop No", "Stop Date", "Race"], rows)
    text = draft(file)
    assert '# decide: Kryptonian = "…"  (2 rows)' in text
    assert "# one of white, black, hispanic" in text
    with pytest.raises(UnknownCodes, match="'Kryptonian'"):
        mapped(tmp_path, text.split('files = ["a.csv"]')[1], file)


@pytest.mark.parametrize(
    ("days", "form", "doubt"),
    [
        (["01/31/2020", "02/01/2020"], "%m/%d/%Y", False),
        (["31/01/2020", "01/02/2020"], "%d/%m/%Y", False),
        (["01/02/2020", "03/04/2020"], "%m/%d/%Y", True),
        (["Tuesday, October 01, 2013", "Wednesday, October 02, 2013"], "%A, %B %d, %Y", False),
        (["2272016", "12072016"], "%m%d%Y", False),
    ],
)
def test_the_way_that_days_are_written_is_found_and_a_doubt_is_told(
    tmp_path: Path, days: list[str], form: str, doubt: bool
) -> None:
    text = draft(
        write_csv(tmp_path / "a.csv", ["Stop No", "Stop Date"], [[str(n), day] for n, day in enumerate(days)])
    )
    assert fields(text)["occurred_date"]["format"] == form
    assert ("it may as well be" in text) is doubt


def test_several_values_in_one_cell_are_seen_and_asked_about(tmp_path: Path) -> None:
    rows = [["1", "W", "M"], ["2", "W;B", "M;F"], ["3", "B", "F"], ["4", "B;W", "F;F"]]
    file = write_csv(tmp_path / "a.csv", ["Report No", "Officer Race", "Officer Sex"], rows)
    text = draft(file, dataset="use_of_force", table="officers")
    assert '# decide: shape = { unpack = ["Officer Race", "Officer Sex"], unpack_by = ";" }' in text
    assert '"W;B"' not in text


def test_a_table_that_the_standard_does_not_have_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match="no table 'stop'"):
        draft(write_csv(tmp_path / "a.csv", ["A"], [["1"]]), table="stop")


# What somebody who read the records' documentation says the columns are.
REAL = {
    "dallas": (
        "use_of_force",
        "force/pdi/Dallas/*.csv",
        {
            "officer_id": {"from": ["CURRENT_BA", "CURRENT_BAxx", "CURRENT_BADGE_NO"]},
            "subject_race": "CitRace",
            "officer_race": "OffRace",
            "force_types": {"from": "ForceType", "split": ","},
            "beat": "BEAT",
        },
    ),
    "orlando": (
        "use_of_force",
        "force/pdi/Orlando/*.csv",
        {
            "incident_id": "Incident Number",
            "location": "Incident Location",
            "latitude": {"from": "Location", "written": "pair"},
            "officer_assaulted": "Officer Battered",
        },
    ),
    "minneapolis": (
        "stops",
        "stops/minneapolis_mn/MplsStops.csv",
        {
            "occurred_date": {"from": "date", "zone": "UTC"},
            "stop_id": "idNum",
            "group_seen_before_stop": "preRace",
        },
    ),
    "groton": (
        "stops",
        "stops/connecticut/trendct/groton.csv",
        {
            "officer_id": "ReportingOfficerIdentificationID",
            "longitude": {"from": "InterventionLocationLongitude", "written": "dms west"},
            "location": "InterventionLocationDescriptionText",
            "subject_gender": "SubjectSexCode",
        },
    ),
    "charlotte": (
        "officer_involved_shootings",
        "shootings/cmpd/*Incidents.csv",
        {"incident_id": "INCIDENT_ID", "occurred_month": {"from": "YEAR_MONTH", "format": "%Y-%m"}},
    ),
    "new york": (
        "stops",
        "stops/nyc_sqf/sqf-2016.csv",
        {
            "occurred_date": {"from": "datestop", "format": "%m%d%Y", "written": "zeros lost"},
            "frisk_performed": "frisked",
            "subject_age": "age",
        },
    ),
    "minneapolis, people": (
        "population",
        "demographics/minneapolis_mn/MplsDemo.csv",
        {
            "residents": "population",
            "share_white": "white",
            "share_poverty": "poverty",
            "area_id": "neighborhood",
        },
    ),
}


@pytest.mark.parametrize(("dataset", "pattern", "truth"), REAL.values(), ids=REAL)
def test_columns_of_real_records_are_recognised(
    shared: Path, tmp_path: Path, dataset: str, pattern: str, truth: dict[str, Any]
) -> None:
    files = sorted((shared / "data").glob(pattern))
    text = draft(*files, dataset=dataset)
    found = fields(text, dataset)
    assert {key: found.get(key) for key in truth} == truth
    assert load_agency(decided(text, tmp_path)).datasets.keys() == {dataset}

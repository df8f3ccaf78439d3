"""Real files that cities published out of IAPro are its tables again, counted here in another way."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from export_writing import counts, problems, write_csv

from openbeat.errors import UnknownColumns, UnreadableSource, WrongSettings
from openbeat.sources.iapro.exports import Exported, read_export, ways
from openbeat.sources.iapro.exports.keys import KEYS

DALLAS, NEW_ORLEANS = "data/force/pdi/Dallas", "data/force/pdi/New_Orleans/NOPD_Use_of_Force_Incidents.csv"
INDIANAPOLIS = "data/force/pdi/Indianapolis/Indiannapolis_clean.csv"
MONITOR = ("data/force/new_orleans_oipm/uof_clean.csv", "data/force/new_orleans_oipm/officer_iapro_clean.csv")


def read_elsewhere(file: Path) -> pd.DataFrame:
    frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    return frame.apply(lambda column: column.str.strip().replace("NULL", ""))


@pytest.fixture(scope="module")
def dallas(shared: Path) -> Exported:
    return read_export(sorted((shared / DALLAS).glob("*.csv")), "dallas")


@pytest.fixture(scope="module")
def new_orleans(shared: Path) -> Exported:
    return read_export([shared / NEW_ORLEANS], "new_orleans")


@pytest.fixture(scope="module")
def dallas_elsewhere(shared: Path) -> pd.DataFrame:
    """All years under the same names: columns differ by year, but not in their first letters."""
    short = ("FILENUM", "CURRENT_BA", "OffSex", "OffRace", "HIRE_DT", "CitNum", "CitRace", "CitSex", "UOFNum")
    frames = []
    for file in sorted((shared / DALLAS).glob("*.csv")):
        frame = read_elsewhere(file)
        names = {
            name: one for name in frame for one in (*short, "ForceType", "ForceEffec") if name.startswith(one)
        }
        frames.append(frame[list(names)].rename(columns=names))
    years = pd.concat(frames, ignore_index=True)
    return years[years["FILENUM"] != ""]


def test_dallas_has_as_many_incidents_as_file_numbers(
    dallas: Exported, dallas_elsewhere: pd.DataFrame
) -> None:
    assert dallas.tables["INCIDENTS"].num_rows == dallas_elsewhere["FILENUM"].nunique()


def test_dallas_has_an_officer_in_an_incident_for_each_badge_in_a_file_number(
    dallas: Exported, dallas_elsewhere: pd.DataFrame
) -> None:
    frame = dallas_elsewhere
    described = frame["OffSex"] + frame["OffRace"] + frame["HIRE_DT"].str[:10]
    who = frame["CURRENT_BA"].where(~frame["CURRENT_BA"].isin(["", "0"]), described)
    assert dallas.tables["ASSOC_INC_OFF"].num_rows == (frame["FILENUM"] + " " + who).nunique()


def test_dallas_has_a_citizen_for_each_number_or_else_description_in_a_file_number(
    dallas: Exported, dallas_elsewhere: pd.DataFrame
) -> None:
    frame = dallas_elsewhere
    one_person = frame["CitNum"].str.fullmatch("[1-9][0-9]{0,5}")  # not a list, and not a list run together
    who = frame["CitNum"].where(one_person, frame["CitRace"] + "/" + frame["CitSex"])
    assert dallas.tables["ASSOC_INC_CIT"].num_rows == (frame["FILENUM"] + " " + who).nunique()
    assert problems(dallas)["citizen_by_description"] <= (~one_person).sum()


def test_dallas_has_each_numbered_use_of_force_once(dallas: Exported, dallas_elsewhere: pd.DataFrame) -> None:
    uses = set()
    for row in dallas_elsewhere.to_dict("records"):
        kinds, effects = (
            [one.strip() for one in row[name].split(",")] for name in ("ForceType", "ForceEffec")
        )
        numbers = [one.strip() for one in row["UOFNum"].split(",")]
        for place, kind in enumerate(kinds):
            number = (row["CURRENT_BA"], kind, effects[place]) if numbers == ["0"] else (numbers[place],)
            uses.add((row["FILENUM"], *number))
    assert dallas.tables["USES_OF_FORCE"].num_rows == len(uses)


def test_dallas_keeps_no_badge_and_ignores_columns_only_with_a_reason(
    dallas: Exported, dallas_elsewhere: pd.DataFrame
) -> None:
    badges = {one for one in dallas_elsewhere["CURRENT_BA"] if len(one) > 3}
    for table in ("OFFICERS", "ASSOC_INC_OFF"):
        kept = dallas.tables[table].column("OFFNUM").to_pylist()
        assert badges.isdisjoint(kept)
    assert set(dallas.ignored) == {"OBJECTID", "ID", "Match_addr", "GeoLocation"}


def test_dallas_moments_of_every_year_are_understood(dallas: Exported) -> None:
    assert not any(kind.startswith("no_moment") for kind in problems(dallas))
    days = dallas.tables["INCIDENTS"].column("OCCURRED_DT").to_pylist()
    assert all(re.fullmatch(r"20(1[2-9]|20)-\d\d-\d\d 00:00:00", day) for day in days)
    hours = dallas.tables["INCIDENTS"].column("OCCURRED_TM").drop_null().to_pylist()
    assert all(re.fullmatch(r"1900-01-01 \d\d:\d\d:00", hour) for hour in hours)


def test_dallas_row_without_a_file_number_is_quarantined(dallas: Exported) -> None:
    assert dallas.quarantined == {"no_incident_number": (3396,)}


def test_new_orleans_is_what_its_rows_tell_apart(new_orleans: Exported, shared: Path) -> None:
    frame = read_elsewhere(shared / NEW_ORLEANS)
    frame = frame[frame["Officer Injured"].isin(["Yes", "No", ""])]
    file = "PIB File Number"
    officer = [file, "Officer Race/Ethnicity", "Officer Gender", "Officer Age", "Officer Years of Service"]
    force = ["Use of Force Type", "Use of Force Level", "Use of Force Effective"]
    citizen = ["Subject Gender", "Subject Ethnicity", "Subject Age"]
    met = frame[(frame[citizen] != "").any(axis=1)]
    assert counts(new_orleans) == {
        "INCIDENTS": frame[file].nunique(),
        "ASSOC_INC_OFF": frame.groupby(officer).ngroups,
        "OFFICERS": frame.groupby(officer).ngroups,
        "USES_OF_FORCE": frame.groupby(officer + force).ngroups,
        "ASSOC_INC_CIT": met.groupby([file, *citizen]).ngroups,
        "CITIZENS": met.groupby([file, *citizen]).ngroups,
    }


def test_new_orleans_says_how_many_rows_leave_a_doubt(new_orleans: Exported, shared: Path) -> None:
    frame = read_elsewhere(shared / NEW_ORLEANS).drop(columns="Subject Arrest Charges")
    assert problems(new_orleans)["like_rows"] == frame.duplicated().sum()


def test_new_orleans_three_shifted_rows_are_quarantined(new_orleans: Exported, shared: Path) -> None:
    frame = read_elsewhere(shared / NEW_ORLEANS)
    shifted = frame.index[frame["Officer Injured"] == "refuse verbal commands"] + 1
    assert new_orleans.quarantined == {"shifted_columns": tuple(shifted)}
    files = set(new_orleans.tables["INCIDENTS"].column("FILENUM").to_pylist())
    assert files == set(frame["PIB File Number"]) - {"FTN2016-0467"}


def test_the_monitors_tables_have_officers_who_stay_the_same_in_both_files(shared: Path) -> None:
    exported = read_export([shared / one for one in MONITOR], "new_orleans_monitor")
    force, roster = (read_elsewhere(shared / one) for one in MONITOR)
    pairs = force.groupby(["FIT.Number", "Officer.primary.key"]).ngroups
    uses = ["FIT.Number", "Officer.primary.key", "Force.type", "Force.level", "UOF.effective"]
    assert (exported.read, exported.quarantined) == (len(force) + len(roster), {})
    assert exported.tables["OFFICERS"].num_rows == len(
        {*force["Officer.primary.key"], *roster["Officer.number"]}
    )
    assert exported.tables["ASSOC_INC_OFF"].num_rows == pairs
    assert exported.tables["USES_OF_FORCE"].num_rows == force.groupby(uses).ngroups


def test_indianapolis_cleaned_copy_is_not_taken_for_the_citys_own_file(shared: Path) -> None:
    with pytest.raises(UnknownColumns, match="residentRace"):
        read_export([shared / INDIANAPOLIS], "indianapolis")


def test_indianapolis_cleaned_copy_has_one_use_of_force_a_row_and_says_so(shared: Path) -> None:
    exported = read_export([shared / INDIANAPOLIS], "indianapolis_cleaned")
    frame = read_elsewhere(shared / INDIANAPOLIS)
    assert exported.tables["USES_OF_FORCE"].num_rows == exported.tables["INCIDENTS"].num_rows == len(frame)
    assert problems(exported)["no_incident_number"] == len(frame)


@pytest.mark.parametrize("city", ["dallas", "new_orleans"])
def test_keys_are_filled_and_name_one_row_and_every_child_has_its_parent(
    city: str, request: pytest.FixtureRequest
) -> None:
    tables = {name: one.to_pandas() for name, one in request.getfixturevalue(city).tables.items()}
    for name, table in tables.items():
        assert table[list(KEYS[name])].notna().all(axis=None), name
        assert not table.duplicated(list(KEYS[name])).any(), name
    for name, table in tables.items():
        for parent, key in (
            ("INCIDENTS", "INCNUM"),
            ("ASSOC_INC_OFF", "AIO_NUM"),
            ("CITIZENS", "CITNUM"),
            ("OFFICERS", "OFFNUM"),
        ):
            if key in table:
                assert set(table[key].dropna()) <= set(tables[parent][key]), (name, key)


def test_the_same_file_read_again_or_given_twice_is_the_same_tables(
    new_orleans: Exported, shared: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.csv"
    copy.write_bytes((shared / NEW_ORLEANS).read_bytes())
    twice = read_export([shared / NEW_ORLEANS, copy], "new_orleans")
    assert twice.tables == new_orleans.tables
    assert twice.quarantined == new_orleans.quarantined
    assert problems(twice)["same_file"] == new_orleans.read == twice.read / 2


def test_an_unknown_column_stops_the_reading_and_is_named(tmp_path: Path) -> None:
    file = write_csv(
        tmp_path / "2021.csv", [{"FILENUM": "UF2021-1", "ForceType": "Taser", "CIT_HOME_P": "5551234"}]
    )
    with pytest.raises(UnknownColumns, match="CIT_HOME_P") as caught:
        read_export([file], "dallas")
    assert "5551234" not in str(caught.value)


def test_a_file_without_the_column_that_tells_what_it_is_is_refused(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "2021.csv", [{"FILENUM": "UF2021-1", "OffSex": "Male"}])
    with pytest.raises(UnreadableSource, match="'ForceType'"):
        read_export([file], "dallas")


def test_a_way_that_nobody_knows_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match="new_orleans_monitor, packed, sheets"):
        read_export([tmp_path / "any.csv"], "fax")
    with pytest.raises(WrongSettings, match="no files"):
        read_export([], "packed")
    with pytest.raises(UnreadableSource, match="no such file"):
        read_export([tmp_path / "any.csv"], "packed")


def test_every_way_has_a_title_in_both_languages() -> None:
    titles = [(way.title.en, way.title.es) for way in ways().values()]
    assert len(set(titles)) == len(ways()) == 7
    assert all(en and es and en != es for en, es in titles)

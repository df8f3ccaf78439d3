"""Flat rows multiply what they share; taken apart, everything is there once."""

from __future__ import annotations

import tempfile
from itertools import product
from pathlib import Path
from random import Random

import pytest
from export_writing import counts, problems, rows_of, words, write_csv
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeat.sources.iapro import exports
from openbeat.sources.iapro.catalogue import catalogue
from openbeat.sources.iapro.exports import read_export
from openbeat.sources.iapro.exports.moments import moment
from openbeat.sources.iapro.exports.shape import Kind, shape_of

FORCE = {
    "OBJECTID": "1", "INCNUM": "501", "OCCURRED_DT": "2016/07/04 04:00:00+00", "OCCURRED_TM": "21:05",
    "UOF_FORCE_TYPE": "Taser", "OFFNUM": "7", "OFF_RACE": "White", "CITNUM": "90", "RACE": "Black",
}  # fmt: skip
SHEETS = {
    "incidents": [
        {"FILENUM": "IA-1 ", "INCIDENT_TYPE": "Use of force", "STATUS": "Active", "OCCURRED_DT": "7/4/2016"}
    ],
    "subjects": [
        {"FILENUM": "IA-1", "SUBJECT_TYPE": role, "SUBJECT_RACE": race, "SUBJECT_SEX": "Male",
         "SUBJECT_AGE": "30"}
        for role, race in (("Complainant", "Black"), ("Witness", "White"))
    ],
    "force": [
        {"FILENUM": "IA-1", "UOF_FORCE_TYPE": kind, "SUBJECT_RACE": race, "SUBJECT_SEX": "Male",
         "SUBJECT_AGE": "30", "ACTIONTAKEN": action}
        for kind, race, action in product(("Hands", "Taser"), ("Black", "White"), ("None", "Training"))
    ],
}  # fmt: skip


def test_an_incident_with_several_officers_people_and_kinds_of_force_is_one_incident(tmp_path: Path) -> None:
    rows = [
        FORCE | {"OFFNUM": officer, "CITNUM": citizen, "UOF_FORCE_TYPE": kind}
        for officer, citizen, kind in product("78", ("90", "91", "92"), ("Taser", "Hands"))
    ]
    exported = read_export([write_csv(tmp_path / "7.csv", rows)], "indianapolis")
    assert counts(exported) == {
        "INCIDENTS": 1, "ASSOC_INC_OFF": 2, "USES_OF_FORCE": 4, "ASSOC_INC_CIT": 3, "CITIZENS": 3,
        "OFFICERS": 2,
    }  # fmt: skip
    assert exported.read == 12


def test_numbers_of_iapro_are_kept_and_what_has_none_gets_a_key_that_is_no_number(tmp_path: Path) -> None:
    exported = read_export([write_csv(tmp_path / "7.csv", [FORCE])], "indianapolis")
    (link,) = rows_of(exported, "ASSOC_INC_OFF")
    assert (link["INCNUM"], link["OFFNUM"], link["LINK_TYPE"]) == ("501", "7", "Officer")
    assert words(exported, "CITIZENS", "CITNUM") == ["90"]
    assert str(link["AIO_NUM"]).startswith("made-")
    assert [row["AIO_NUM"] for row in rows_of(exported, "USES_OF_FORCE")] == [link["AIO_NUM"]]


def test_a_moment_in_utc_is_told_in_the_time_of_the_city(tmp_path: Path) -> None:
    rows = [FORCE, FORCE | {"INCNUM": "502", "OCCURRED_DT": "1467604800000", "OCCURRED_TM": "soon"}]
    exported = read_export([write_csv(tmp_path / "7.csv", rows)], "indianapolis")
    assert words(exported, "INCIDENTS", "OCCURRED_DT") == ["2016-07-04 00:00:00"] * 2
    assert words(exported, "INCIDENTS", "OCCURRED_TM") == [None, "1900-01-01 21:05:00"]
    assert problems(exported)["no_moment INCIDENTS.OCCURRED_TM"] == 1


def test_a_number_that_is_none_is_no_person_of_its_own(tmp_path: Path) -> None:
    rows = [FORCE | {"INCNUM": incident, "OFFNUM": "0", "CITNUM": "0"} for incident in ("501", "502")]
    exported = read_export([write_csv(tmp_path / "7.csv", rows)], "indianapolis")
    assert (
        len(set(words(exported, "OFFICERS", "OFFNUM")))
        == len(set(words(exported, "CITIZENS", "CITNUM")))
        == 2
    )
    assert problems(exported)["officer_by_description"] == problems(exported)["citizen_by_description"] == 2


def test_rows_that_say_different_things_of_one_incident_are_counted_and_the_first_word_stands(
    tmp_path: Path,
) -> None:
    rows = [
        FORCE | {"DISPOSITION": word, "CITNUM": word[0]}
        for word in ("1 within policy", "2 not within policy")
    ]
    exported = read_export([write_csv(tmp_path / "7.csv", rows)], "indianapolis")
    assert words(exported, "INCIDENTS", "DISPOSITION") == ["1 within policy"]
    assert problems(exported)["differs INCIDENTS.DISPOSITION"] == 1


def test_a_missing_word_is_filled_in_by_another_row_and_null_is_missing(tmp_path: Path) -> None:
    years = [
        {"FILENUM": "UF-1", "CURRENT_BA": "8001", "OffSex": sex, "ForceType": "Taser", "UOFNum": number}
        for sex, number in (("NULL", "1"), (" ", "2"), (" Female", "3"))
    ]
    exported = read_export([write_csv(tmp_path / "2021.csv", years)], "dallas")
    assert words(exported, "OFFICERS", "SEX") == ["Female"]
    assert counts(exported)["USES_OF_FORCE"] == 3


def test_packed_kinds_of_force_are_one_use_each_and_uneven_ones_are_quarantined(tmp_path: Path) -> None:
    row = {
        "FILENUM": "UF-1",
        "CURRENT_BA": "8001",
        "ForceType": " Hands, Taser",
        "UOFNum": "1, 2",
        "ForceEffec": "No, Yes",
    }
    rows = [
        row,
        row | {"FILENUM": "UF-2", "UOFNum": "3", "ForceEffec": "No"},
        row | {"FILENUM": "UF-3", "UOFNum": "0"},
    ]
    exported = read_export([write_csv(tmp_path / "2021.csv", rows)], "dallas")
    assert exported.quarantined == {"packed_uneven": (2,)}
    assert words(exported, "INCIDENTS", "FILENUM") == ["UF-1", "UF-3"]
    uses = [
        (row["UOF_FORCE_TYPE"], row["UOF_EFFECTIVE"], row["UOFNUM"])
        for row in rows_of(exported, "USES_OF_FORCE")
    ]
    assert sorted(uses, key=str) == [
        ("Hands", "No", "1"), ("Hands", "No", None), ("Taser", "Yes", "2"), ("Taser", "Yes", None),
    ]  # fmt: skip


def test_a_row_longer_than_the_header_is_quarantined_even_if_it_ends_in_nothing(tmp_path: Path) -> None:
    file = tmp_path / "2021.csv"
    lines = ["FILENUM,CURRENT_BA,ForceType,BEAT", *(f"UF-{n},8001,Taser,31{n}" for n in range(9))]
    file.write_text("\n".join([*lines, "UF-9,8001,Taser,319,", "UF-10,8001,Taser,310,X"]), "utf-8")
    exported = read_export([file], "dallas")
    assert exported.quarantined == {"long_row": (11,), "shifted_columns": (10,)}
    file.write_text("\n".join([lines[0], *(f"{line}," for line in lines[1:])]), "utf-8")
    assert (read_export([file], "dallas").quarantined, counts(exported)["INCIDENTS"]) == ({}, 9)


def test_saved_queries_are_products_and_become_what_they_are_products_of(tmp_path: Path) -> None:
    files = [write_csv(tmp_path / f"{name}.csv", rows) for name, rows in SHEETS.items()]
    exported = read_export(files, "sheets")
    assert {name: count for name, count in counts(exported).items() if count} == {
        "INCIDENTS": 1, "ASSOC_INC_OFF": 1, "USES_OF_FORCE": 2, "ACTIONS_TAKEN": 2, "ASSOC_INC_CIT": 2,
        "CITIZENS": 2,
    }  # fmt: skip
    (incident,) = rows_of(exported, "INCIDENTS")
    assert (incident["FILENUM"], incident["OCCURRED_DT"]) == ("IA-1", "2016-07-04 00:00:00")
    assert problems(exported)["no_officer"] == 8  # the sheets name none, so that force hangs on one unknown


@pytest.mark.parametrize("order", [("subjects", "force"), ("force", "subjects")])
def test_a_sheet_that_does_not_say_in_which_role_adds_nobody(tmp_path: Path, order: tuple[str, str]) -> None:
    exported = read_export([write_csv(tmp_path / f"{name}.csv", SHEETS[name]) for name in order], "sheets")
    assert words(exported, "ASSOC_INC_CIT", "LINK_TYPE") == ["Complainant", "Witness"]
    alone = read_export([tmp_path / "force.csv"], "sheets")
    assert words(alone, "ASSOC_INC_CIT", "LINK_TYPE") == ["Citizen", "Citizen"]


kinds_of_force = st.sets(st.sampled_from("abcde"), min_size=1)
officers_with_force = st.dictionaries(st.integers(1, 9), kinds_of_force, min_size=1, max_size=3)
people = st.sets(st.integers(1, 99), min_size=1, max_size=3)
Cases = dict[int, tuple[dict[int, set[str]], set[int]]]


@given(
    st.dictionaries(st.integers(1, 99), st.tuples(officers_with_force, people), min_size=1, max_size=5),
    st.randoms(use_true_random=False),
)
@settings(max_examples=40, deadline=None)
def test_any_incidents_come_back_from_their_product_in_any_order(cases: Cases, order: Random) -> None:
    used = [
        (str(incident), str(officer), kind)
        for incident, (officers, _) in cases.items()
        for officer, kinds in officers.items()
        for kind in kinds
    ]
    met = [(str(incident), str(one)) for incident, (_, everybody) in cases.items() for one in everybody]
    rows = [
        FORCE | {"INCNUM": incident, "OFFNUM": officer, "UOF_FORCE_TYPE": kind, "CITNUM": citizen}
        for (incident, officer, kind), (there, citizen) in product(used, met)
        if there == incident
    ]
    order.shuffle(rows)
    with tempfile.TemporaryDirectory() as folder:
        exported = read_export([write_csv(Path(folder) / "7.csv", rows)], "indianapolis")
    officer_of = {row["AIO_NUM"]: row["OFFNUM"] for row in rows_of(exported, "ASSOC_INC_OFF")}
    force = [
        (row["INCNUM"], officer_of[row["AIO_NUM"]], row["UOF_FORCE_TYPE"])
        for row in rows_of(exported, "USES_OF_FORCE")
    ]
    assert sorted(force, key=str) == sorted(used, key=str)
    links = [(row["INCNUM"], row["CITNUM"]) for row in rows_of(exported, "ASSOC_INC_CIT")]
    assert sorted(links, key=str) == sorted(met, key=str)


SHAPES = [shape_of(file) for file in sorted(Path(exports.__file__).parent.glob("*.toml"))]


@pytest.mark.parametrize("kind", [one for shape in SHAPES for one in shape.kinds], ids=lambda kind: kind.key)
def test_every_shape_says_how_people_are_linked_and_takes_no_column_that_is_never_asked_for(
    kind: Kind,
) -> None:
    for table, link in (("OFFICERS", "ASSOC_INC_OFF"), ("CITIZENS", "ASSOC_INC_CIT")):
        if kind.has("INCIDENTS") and kind.has(table):
            assert kind.constants[link]["LINK_TYPE"]
    assert not [place for place in kind.all_places() if place.column in catalogue()[place.table].never]


@pytest.mark.parametrize("text", ["", "NULL", "2016-13-01", "07/04", "refuse verbal commands", "²²²²²²²²²²²"])
def test_what_is_no_moment_is_none(text: str) -> None:
    assert moment(text, ("%m/%d/%Y",), "UTC") is None

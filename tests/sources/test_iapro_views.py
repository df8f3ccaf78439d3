"""IAPro as rows that fill a dataset: nothing multiplies, nothing is lost, nothing leaves early."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeat.agency import FieldMapping, TableMapping
from openbeat.errors import UnknownCodes, WrongSettings
from openbeat.mapping.readings import reading
from openbeat.sources.iapro import Gate, Viewed, view
from openbeat.sources.iapro.catalogue import catalogue
from openbeat.standards import standards

Rows = list[dict[str, str | None]]
TYPES = {"Use of force": "use_of_force", "Citizen complaint": "complaints"}


def tables(**given: Rows) -> Callable[[str], pa.Table]:
    """The vault's tables; those not given are empty."""
    columns = {
        name: [*one.key, *one.moments, *one.columns, "INCNUM", "_NTH"] for name, one in catalogue().items()
    }

    def held(name: str) -> pa.Table:
        table = name.removeprefix("iapro.")
        rows = given.get(table, [])
        return pa.table(
            {c: pa.array([row.get(c) for row in rows], pa.string()) for c in dict.fromkeys(columns[table])}
        )

    return held


def gate(dataset: str = "use_of_force", **more: object) -> Gate:
    return Gate(dataset=dataset, types=TYPES, **more)  # type: ignore[arg-type]


def case(number: str, **more: str | None) -> dict[str, str | None]:
    """A completed use of force."""
    row: dict[str, str | None] = {
        "INCNUM": number,
        "INCIDENT_TYPE": "Use of force",
        "STATUS": "Completed",
        "OCCURRED_DT": "2024-05-06 00:00:00",
    }
    return row | more


def seen(got: Viewed, column: str) -> list[str | None]:
    values: list[str | None] = got.rows.column(column).to_pylist()
    return values


def test_three_officers_and_four_people_in_one_case_are_not_twelve_rows() -> None:
    held = tables(
        INCIDENTS=[case("1")],
        ASSOC_INC_OFF=[{"AIO_NUM": f"{n}", "INCNUM": "1", "OFFNUM": f"7{n}"} for n in range(3)],
        ASSOC_INC_CIT=[
            {"INCNUM": "1", "CITNUM": f"9{n}", "LINK_TYPE": "Witness", "_NTH": "1"} for n in range(4)
        ],
        USES_OF_FORCE=[
            {"AIO_NUM": "0", "INCNUM": "1", "_NTH": "1", "UOF_FORCE_TYPE": "L1-Hands"},
            {"AIO_NUM": "0", "INCNUM": "1", "_NTH": "2", "UOF_FORCE_TYPE": "L3-CEW"},
            {"AIO_NUM": "2", "INCNUM": "1", "_NTH": "1", "UOF_FORCE_TYPE": "L1-Hands"},
        ],
    )
    wanted = {
        "ASSOC_INC_OFF.AIO_NUM",
        "USES_OF_FORCE.UOF_FORCE_TYPE",
        "ASSOC_INC_CIT.CITNUM",
        "case.officers",
    }

    def rows(table: str) -> Viewed:
        return view(held, "use_of_force", table, wanted, gate())

    assert rows("incidents").rows.num_rows == 1
    assert rows("officers").rows.num_rows == 3
    assert rows("subjects").rows.num_rows == 4
    assert rows("actions").rows.num_rows == 3
    assert seen(rows("force"), "ASSOC_INC_OFF.AIO_NUM") == ["0", "2"]
    assert seen(rows("force"), "USES_OF_FORCE.UOF_FORCE_TYPE") == ["L1-Hands\nL3-CEW", "L1-Hands"]
    assert seen(rows("force"), "case.officers") == ["3", "3"]


def test_an_action_belongs_to_its_own_allegation_only() -> None:
    held = tables(
        INCIDENTS=[case("1", INCIDENT_TYPE="Citizen complaint")],
        ASSOC_INC_OFF=[{"AIO_NUM": "5", "INCNUM": "1", "OFFNUM": "70"}],
        ALLEGATIONS=[{"ALGNUM": f"{n}", "AIO_NUM": "5", "INCNUM": "1"} for n in (1, 2)],
        ACTIONS_TAKEN=[
            {"ATNUM": "1", "AIO_NUM": "5", "INCNUM": "1", "ALGNUM": "2"},
            {"ATNUM": "2", "AIO_NUM": "5", "INCNUM": "1", "ALGNUM": None},
        ],
    )
    wanted = {"ACTIONS_TAKEN.ATNUM", "ACTIONS_TAKEN.ALGNUM", "ASSOC_INC_OFF.OFFNUM"}
    actions = view(held, "complaints", "actions", wanted, gate("complaints"))
    assert seen(actions, "ACTIONS_TAKEN.ALGNUM") == ["2", None]
    assert seen(actions, "ASSOC_INC_OFF.OFFNUM") == ["70", "70"]
    assert view(held, "complaints", "allegations", set(), gate("complaints")).read == 2


@pytest.mark.parametrize(
    ("status", "form", "state"),
    [
        ("Completed", "In chain", "in_chain"),
        ("Completed", "INITIAL  ENTRY", "in_chain"),
        ("Active", None, "active"),
        ("Forwarded", None, "forwarded"),
        ("Suspended", None, "suspended"),
        ("Initial", None, "received"),
        ("Compleated", None, "other"),
        ("NULL", None, "unknown"),
        (None, None, "unknown"),
    ],
)
def test_an_open_case_waits_and_is_counted_instead(status: str | None, form: str | None, state: str) -> None:
    held = tables(INCIDENTS=[case("1"), case("2", STATUS=status, FIELD_STATUS=form)])
    got = view(held, "use_of_force", "incidents", {"INCIDENTS.INCNUM"}, gate())
    assert seen(got, "INCIDENTS.INCNUM") == ["1"]
    assert got.pending == {state: 1}
    assert sum(got.gated.values()) == 1
    assert got.read == 2


def test_what_hangs_off_an_open_case_waits_with_it() -> None:
    held = tables(
        INCIDENTS=[case("1", STATUS="Active")],
        ASSOC_INC_OFF=[{"AIO_NUM": "5", "INCNUM": "1", "OFFNUM": "70"}],
        USES_OF_FORCE=[{"AIO_NUM": "5", "INCNUM": "1", "_NTH": "1"}],
        ASSOC_INC_CIT=[{"INCNUM": "1", "CITNUM": "9", "LINK_TYPE": "Witness", "_NTH": "1"}],
    )
    for table in ("force", "actions", "officers", "subjects"):
        got = view(held, "use_of_force", table, {"INCIDENTS.INCNUM"}, gate())
        assert (got.rows.num_rows, sum(got.gated.values()), got.read) == (0, 1, 1)


def test_everybody_linked_to_a_case_stays_whatever_the_link_is_called() -> None:
    links = ["Complainant", "Witness", "Subject", "Victim", None]
    held = tables(
        INCIDENTS=[case("1")],
        ASSOC_INC_CIT=[
            {"INCNUM": "1", "CITNUM": f"{n}", "LINK_TYPE": link, "_NTH": "1"} for n, link in enumerate(links)
        ],
    )
    got = view(held, "use_of_force", "subjects", {"ASSOC_INC_CIT.LINK_TYPE"}, gate())
    assert seen(got, "ASSOC_INC_CIT.LINK_TYPE") == links


def test_a_placeholder_is_not_one_officer_with_a_huge_count() -> None:
    held = tables(
        INCIDENTS=[case("1")],
        ASSOC_INC_OFF=[{"AIO_NUM": f"{n}", "INCNUM": "1", "OFFNUM": "99"} for n in range(5)],
        OFFICERS=[{"OFFNUM": "99", "RACE": "White"}, {"OFFNUM": "7", "RACE": "Black"}],
    )
    linked = view(
        held,
        "use_of_force",
        "officers",
        {"ASSOC_INC_OFF.OFFNUM", "OFFICERS.RACE"},
        gate(placeholders=("99",)),
    )
    assert seen(linked, "ASSOC_INC_OFF.OFFNUM") == [None] * 5
    assert seen(linked, "OFFICERS.RACE") == [None] * 5
    assert [one.count for one in linked.problems] == [5]
    staff = view(held, "workforce", "officers", {"OFFICERS.OFFNUM"}, gate("workforce", placeholders=("99",)))
    assert seen(staff, "OFFICERS.OFFNUM") == ["7"]
    assert (staff.read, sum(staff.refused.values())) == (2, 1)


def test_a_row_whose_case_is_missing_is_refused_and_counted() -> None:
    held = tables(INCIDENTS=[case("1")], ASSOC_INC_OFF=[{"AIO_NUM": "5", "INCNUM": "404", "OFFNUM": "70"}])
    got = view(held, "use_of_force", "officers", {"INCIDENTS.INCNUM"}, gate())
    assert (got.rows.num_rows, got.read, sum(got.refused.values())) == (0, 1, 1)


def test_times_lose_their_junk_day_and_stand_ins_for_nothing_are_nothing() -> None:
    times = ["2009-05-04 12:37:00", "1900-01-01 12:37:00", "1900-01-01 00:00:00", "2009-05-04 00:00:00", None]
    held = tables(INCIDENTS=[case(f"{n}", OCCURRED_TM=one) for n, one in enumerate(times)])
    got = view(held, "use_of_force", "incidents", {"INCIDENTS.OCCURRED_TM"}, gate())
    assert seen(got, "INCIDENTS.OCCURRED_TM") == ["12:37:00", "12:37:00", None, "00:00:00", None]
    held = tables(
        INCIDENTS=[case("1", OCCURRED_DT="1900-01-01 00:00:00")],
        ASSOC_INC_CIT=[
            {"INCNUM": "1", "CITNUM": f"{n}", "LINK_TYPE": "x", "_NTH": "1", "CIT_AGE": age}
            for n, age in enumerate(["0", "00", "0.0", " ", "30", None])
        ],
    )
    got = view(held, "use_of_force", "subjects", {"INCIDENTS.OCCURRED_DT", "ASSOC_INC_CIT.CIT_AGE"}, gate())
    assert seen(got, "INCIDENTS.OCCURRED_DT") == [None] * 6
    assert seen(got, "ASSOC_INC_CIT.CIT_AGE") == [None, None, None, None, "30", None]


def test_a_weekday_that_disagrees_is_reported_and_the_date_holds() -> None:
    monday = "2024-05-06 00:00:00"
    held = tables(
        INCIDENTS=[
            case("1", OCCURRED_DT=monday, OCCURRED_DAY="Monday"),
            case("2", OCCURRED_DT=monday, OCCURRED_DAY="Tue"),
            case("3", OCCURRED_DT=None, OCCURRED_DAY="Friday"),
        ]
    )
    got = view(held, "use_of_force", "incidents", {"INCIDENTS.OCCURRED_DT"}, gate())
    assert [(one.where, one.count) for one in got.problems] == [("INCIDENTS.OCCURRED_DAY", 1)]
    assert seen(got, "INCIDENTS.OCCURRED_DT") == [monday, monday, None]


def test_a_type_of_case_that_nobody_has_placed_stops_the_run_with_its_count() -> None:
    held = tables(
        INCIDENTS=[case("1"), case("2", INCIDENT_TYPE="Use of  FORCE "), case("3", INCIDENT_TYPE="Stop")]
    )
    with pytest.raises(UnknownCodes, match=r"'Stop' \(1 cases\)"):
        view(held, "use_of_force", "incidents", set(), gate())
    got = view(held, "use_of_force", "incidents", set(), gate(ignored={"STOP": "kept elsewhere"}))
    assert got.read == 2


def test_cases_opened_without_a_type_are_counted_as_such() -> None:
    stubs = [case(f"{n}", INCIDENT_TYPE=word, STATUS=None) for n, word in enumerate([None, "", "NULL"], 2)]
    got = view(tables(INCIDENTS=[case("1"), *stubs]), "use_of_force", "incidents", set(), gate())
    assert (got.read, got.pending) == (1, {})
    assert [(one.where, one.count) for one in got.problems] == [("INCIDENTS.INCIDENT_TYPE", 3)]


@pytest.mark.parametrize(
    "column",
    ["ALLEGATIONS.ALERT_PROCESSED", "ALLEGATIONS.ALERT_PROCESSED_DT", "CITIZENS.LNAM", "OFFICERS.FNAM"],
)
def test_alerts_and_names_are_never_published_whatever_the_settings_say(column: str) -> None:
    with pytest.raises(WrongSettings, match="never read"):
        view(tables(), "complaints", "allegations", {column}, gate("complaints"))


@pytest.mark.parametrize(
    ("people", "answer"),
    [
        ([("2007-05-07 00:00:00", None)], "Yes"),  # eighteen tomorrow
        ([("2006-05-06 00:00:00", None)], "No"),  # eighteen today
        ([(None, "17")], "Yes"),
        ([(None, "40")], "No"),
        ([("1980-01-01 00:00:00", None), (None, None)], None),
        ([(None, None), (None, "12")], "Yes"),
        ([], None),
    ],
)
def test_a_case_with_a_juvenile_says_so_and_missing_ages_are_not_no(
    people: list[tuple[str | None, str | None]], answer: str | None
) -> None:
    held = tables(
        INCIDENTS=[case("1")],
        CITIZENS=[{"CITNUM": f"{n}", "DOB": born} for n, (born, _) in enumerate(people)],
        ASSOC_INC_CIT=[
            {"INCNUM": "1", "CITNUM": f"{n}", "LINK_TYPE": "x", "_NTH": "1", "CIT_AGE": age}
            for n, (_, age) in enumerate(people)
        ],
    )
    got = view(held, "use_of_force", "incidents", {"case.juvenile"}, gate())
    assert seen(got, "case.juvenile") == [answer]


numbers = st.integers(0, 6).map(str)
statuses = st.sampled_from(["Completed", "Active", "", None, "NULL"])


@settings(deadline=None, max_examples=40)
@given(
    cases=st.dictionaries(numbers, statuses, min_size=1),
    officers=st.dictionaries(numbers, st.tuples(numbers, numbers)),
    force=st.lists(numbers, max_size=12),
    people=st.lists(st.tuples(numbers, numbers), max_size=12),
)
def test_whatever_the_database_holds_every_row_comes_once_or_is_counted(
    cases: Mapping[str, str | None],
    officers: Mapping[str, tuple[str, str]],
    force: list[str],
    people: list[tuple[str, str]],
) -> None:
    case_of = {aio: number for aio, (number, _) in officers.items()}
    held = tables(
        INCIDENTS=[case(number, STATUS=status) for number, status in cases.items()],
        ASSOC_INC_OFF=[{"AIO_NUM": a, "INCNUM": i, "OFFNUM": o} for a, (i, o) in officers.items()],
        OFFICERS=[{"OFFNUM": f"{n}"} for n in range(4)],
        USES_OF_FORCE=[
            {"AIO_NUM": aio, "INCNUM": case_of.get(aio), "_NTH": f"{n}"} for n, aio in enumerate(force)
        ],
        ASSOC_INC_CIT=[
            {"INCNUM": i, "CITNUM": c, "LINK_TYPE": "x", "_NTH": f"{n}"} for n, (i, c) in enumerate(people)
        ],
    )
    expected = {
        "incidents": len(cases),
        "officers": len(officers),
        "force": len(set(force) & set(officers)),
        "actions": len(force),
        "subjects": len(people),
    }
    for table, rows in expected.items():
        got = view(held, "use_of_force", table, {"INCIDENTS.INCNUM"}, gate())
        assert got.read == rows
        assert got.rows.num_rows + sum(got.gated.values()) + sum(got.refused.values()) == rows


AGE = standards()["use_of_force"].tables["subjects"].fields["subject_age"]


@settings(deadline=None)
@given(born=st.dates(date(1930, 1, 1), date(2010, 1, 1)), days=st.integers(0, 30_000))
def test_an_age_is_completed_years_counted_birthday_by_birthday(born: date, days: int) -> None:
    day = born + timedelta(days=days)
    birthdays = sum(1 for year in range(born.year + 1, day.year + 1) if _birthday(born, year) <= day)
    written = FieldMapping(together=("a", "b"), written="years since")
    read = reading(AGE, written, TableMapping(), "UTC")
    assert read([f"{day} 00:00:00", f"{born} 00:00:00"]) == birthdays


def _birthday(born: date, year: int) -> date:
    try:
        return born.replace(year=year)
    except ValueError:  # born on 29 February: the day after the 28th counts
        return date(year, 3, 1)


def test_where_no_birthday_is_known_the_age_that_was_written_down_counts() -> None:
    written = FieldMapping(together=("a", "b", "c"), written="years since")
    read = reading(AGE, written, TableMapping(), "UTC")
    assert read(["2024-05-06 00:00:00", None, "33"]) == 33
    assert read([None, "1990-05-06 00:00:00", None]) is None

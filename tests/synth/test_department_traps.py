"""Each trap is visible in the tables when it is on, and cannot be seen when it is off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from openbeat.synth.department import Department, make_department
from openbeat.synth.iapro import TRAPS, tables_at

Tables = Mapping[str, pa.Table]
ZERO = datetime(1900, 1, 1)
CHAIN = ("Initial entry", "In chain")
CSV_ONLY = {"bom", "packed_uneven", "column_shift"}  # shown in test_department_exports.py
OVER_TIME = {"corrected_code", "deleted_allegation"}  # shown below by two moments


@pytest.fixture(scope="module")
def department() -> Department:
    return make_department(seed=11, officers=200, years=3)


@pytest.fixture(scope="module")
def clean(department: Department) -> Tables:
    return tables_at(department, traps=())


def rows(tables: Tables, name: str) -> list[dict[str, Any]]:
    return list(tables[name].to_pylist())


def cells(tables: Tables, name: str, column: str) -> list[Any]:
    return list(tables[name].column(column).to_pylist())


def several(values: list[Any]) -> int:
    """How many values come more than once."""
    return sum(count > 1 for count in Counter(values).values())


def fan_out(tables: Tables) -> int:
    cases = dict(
        zip(cells(tables, "ASSOC_INC_OFF", "AIO_NUM"), cells(tables, "ASSOC_INC_OFF", "INCNUM"), strict=True)
    )
    people = Counter(cells(tables, "ASSOC_INC_CIT", "INCNUM"))
    force = Counter(cases[link] for link in cells(tables, "USES_OF_FORCE", "AIO_NUM"))
    return sum(count > 1 and force[case] > 1 for case, count in people.items())


def before_a_birthday(tables: Tables) -> int:
    """Of the people in one case only: how many had a birthday on one of the three days after it."""
    when = {row["INCNUM"]: row["OCCURRED_DT"] for row in rows(tables, "INCIDENTS")}
    born = {row["CITNUM"]: row["DOB"] for row in rows(tables, "CITIZENS")}
    once = {key for key, count in Counter(cells(tables, "ASSOC_INC_CIT", "CITNUM")).items() if count == 1}
    found = 0
    for link in rows(tables, "ASSOC_INC_CIT"):
        day, birth = when[link["INCNUM"]], born[link["CITNUM"]]
        if link["CITNUM"] in once and day and birth:
            found += any(
                ((day + timedelta(days=after)).month, (day + timedelta(days=after)).day)
                == (birth.month, birth.day)
                for after in (1, 2, 3)
            )
    return found


def wrong_days(tables: Tables) -> int:
    return sum(
        row["OCCURRED_DT"] is not None and row["OCCURRED_DT"].strftime("%A") != row["OCCURRED_DAY"]
        for row in rows(tables, "INCIDENTS")
    )


def impossible(tables: Tables) -> int:
    return sum(
        row["HIRE_DT"] is not None
        and (
            row["DOB"].year < 1930
            or (row["HIRE_DT"] - row["DOB"]).days < 16 * 365
            or bool(row["END_EMPLOY_DT"] and row["END_EMPLOY_DT"] < row["HIRE_DT"])
            or (row["STATUS"] == "Active" and row["END_EMPLOY_DT"] is not None)
        )
        for row in rows(tables, "OFFICERS")
    )


def words(name: str, column: str, *wanted: str) -> Callable[[Tables], int]:
    """How many cells of a column are one of these words."""
    return lambda tables: sum(cell in wanted for cell in cells(tables, name, column))


def like(name: str, column: str, test: Callable[[Any], bool]) -> Callable[[Tables], int]:
    """How many cells of a column that hold something pass a test."""
    return lambda tables: sum(test(cell) for cell in cells(tables, name, column) if cell is not None)


SEEN: Mapping[str, Callable[[Tables], int]] = {
    "fan_out": fan_out,
    "force_twins": lambda tables: several([tuple(row.values()) for row in rows(tables, "USES_OF_FORCE")]),
    "action_without_allegation": lambda tables: tables["ACTIONS_TAKEN"].column("ALGNUM").null_count,
    "several_actions": lambda tables: several(
        [one for one in cells(tables, "ACTIONS_TAKEN", "ALGNUM") if one]
    ),
    "several_allegations": lambda tables: several(cells(tables, "ALLEGATIONS", "AIO_NUM")),
    "not_sustained_words": like(
        "ALLEGATIONS",
        "FINDING",
        lambda word: "sustained" in word.lower() and word not in ("Sustained", "Not Sustained"),
    ),
    "unfinished_forms": words("INCIDENTS", "FIELD_STATUS", *CHAIN),
    "link_types": like("ASSOC_INC_CIT", "LINK_TYPE", lambda word: word != "Complainant"),
    "stub_incidents": lambda tables: tables["INCIDENTS"].column("CREATED_DT").null_count,
    "birthday_age": before_a_birthday,
    "placeholder_officers": lambda tables: tables["OFFICERS"].column("HIRE_DT").null_count,
    "null_text": words("INCIDENTS", "DISPOSITION", "NULL", ""),
    "junk_time_date": like("INCIDENTS", "OCCURRED_TM", lambda time: time.year < 2010),
    "zero_like_blanks": lambda tables: (
        words("ASSOC_INC_CIT", "CIT_AGE", 0)(tables)  # type: ignore[arg-type]
        * words("INCIDENTS", "OCCURRED_DAY_I", 0)(tables)  # type: ignore[arg-type]
        * words("INCIDENTS", "OCCURRED_DT", ZERO)(tables)  # type: ignore[arg-type]
    ),
    "day_disagrees": wrong_days,
    "occurred_after_received": lambda tables: sum(
        bool(row["OCCURRED_DT"] and row["OCCURRED_DT"] > row["RECEIVED_DT"])
        for row in rows(tables, "INCIDENTS")
    ),
    "impossible_people": impossible,
    "spellings": lambda tables: (
        words("CITIZENS", "SEX", "M", "femaale", "Sex-Unk")(tables)
        * words("CITIZENS", "RACE", "BLACE", "Unnown", "White ")(tables)
        * words("OFFICERS", "EMP_TYPE", "Commisioned")(tables)
    ),
    "cut_words": words("CITIZENS", "RACE", "Asian/Pacifi", "American Ind", "Not Specifie"),
    "duplicate_spaces": like("ACTIONS_TAKEN", "ACTIONTAKEN", lambda word: "  " in word),
    "stray_values": words("ACTIONS_TAKEN", "ACTIONTAKEN", "011618", "s", "Awaiting Hearing", "Sustained"),
    "padded_filenum": like("INCIDENTS", "FILENUM", lambda word: word != word.strip()),
    "trailing_space_types": like("INCIDENTS", "INCIDENT_TYPE", lambda word: word != word.strip()),
}


def test_every_trap_has_its_test() -> None:
    assert {*SEEN, *CSV_ONLY, *OVER_TIME} == set(TRAPS)


@pytest.mark.parametrize("trap", SEEN)
def test_a_trap_is_seen_when_it_is_on_and_only_then(trap: str, department: Department, clean: Tables) -> None:
    on = SEEN[trap](tables_at(department, traps=(trap,)))
    by_chance = 10 if trap == "birthday_age" else 0  # somebody has a birthday on any day
    assert SEEN[trap](clean) <= by_chance
    assert on > by_chance


def test_no_other_trap_shows_a_trap_that_is_off(department: Department) -> None:
    for trap in (
        "stub_incidents",
        "unfinished_forms",
        "placeholder_officers",
        "force_twins",
        "day_disagrees",
    ):
        others = tables_at(department, traps=set(TRAPS) - {trap, "null_text", "zero_like_blanks"})
        assert SEEN[trap](others) == 0, trap


def end(department: Department) -> datetime:
    return datetime.combine(department.until, datetime.min.time())


def test_a_corrected_code_is_wrong_first_and_right_later_and_no_date_tells(department: Department) -> None:
    link, corrected, right = next(
        (involved.number, line.kind[1][0], line.kind[1][1])
        for incident in department.incidents
        for involved in incident.officers
        for line in involved.force
        if len(line.kind) > 1 and line.kind[1][0] < end(department)
    )
    moments = (corrected - timedelta(minutes=1), corrected)

    def told(*traps: str) -> list[list[str]]:
        return [
            [
                row["UOF_FORCE_TYPE"]
                for row in rows(
                    tables_at(department, moment, traps=(*traps, "unfinished_forms")), "USES_OF_FORCE"
                )
                if row["AIO_NUM"] == link
            ]
            for moment in moments
        ]

    before, after = told("corrected_code", "force_twins")
    assert Counter(after)[right] > Counter(before)[right]
    assert len(before) == len(after)
    before, after = told("force_twins")
    assert before == after
    assert right in before


def test_a_deleted_allegation_is_there_first_and_gone_later(department: Department) -> None:
    number, deleted = next(
        (allegation.number, allegation.deleted)
        for incident in department.incidents
        for involved in incident.officers
        for allegation in involved.allegations
        if allegation.deleted and allegation.deleted < end(department)
    )

    def there(moment: datetime, *traps: str) -> bool:
        return number in cells(tables_at(department, moment, traps=traps), "ALLEGATIONS", "ALGNUM")

    before = deleted - timedelta(minutes=1)
    assert there(before, "deleted_allegation", "several_allegations")
    assert not there(deleted, "deleted_allegation", "several_allegations")
    assert not there(before, "several_allegations")


def test_ages_are_completed_years_with_and_without_birthdays_at_hand(department: Department) -> None:
    for traps in ((), ("birthday_age",)):
        tables = tables_at(department, traps=traps)
        when = {row["INCNUM"]: row["OCCURRED_DT"] for row in rows(tables, "INCIDENTS")}
        born = {row["CITNUM"]: row["DOB"] for row in rows(tables, "CITIZENS")}
        first: dict[int, dict[str, Any]] = {}
        for link in rows(tables, "ASSOC_INC_CIT"):
            first.setdefault(link["CITNUM"], link)
        checked = wrong = 0
        for link in first.values():
            day, birth = when[link["INCNUM"]], born[link["CITNUM"]]
            if link["CIT_AGE"] is not None and day and birth:
                years = day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
                wrong += years != link["CIT_AGE"]
                checked += 1
        assert checked > 500
        assert wrong <= checked * 0.01  # people met again in a case with a lower number

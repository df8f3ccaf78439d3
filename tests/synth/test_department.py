"""A synthetic department is the same for a seed, hangs together, and holds exactly the traps that are on."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from openbeat.errors import OpenBeatError
from openbeat.synth.department import Department, make_department
from openbeat.synth.iapro import TRAPS, shapes, tables_at, tile, truth_at, write_sqlite
from openbeat.synth.iapro.happened import SIMPLER

Rows = list[dict[str, Any]]
END = date(2026, 6, 30)


@pytest.fixture(scope="module")
def department() -> Department:
    """Two hundred officers over four years."""
    return make_department(seed=7, officers=200, years=4)


@pytest.fixture(scope="module")
def clean(department: Department) -> Mapping[str, pa.Table]:
    return tables_at(department, traps=())


def rows(tables: Mapping[str, pa.Table], name: str) -> Rows:
    return list(tables[name].to_pylist())


def only(department: Department, trap: str, name: str, moment: datetime | None = None) -> Rows:
    """The rows of one table with one trap only."""
    return rows(tables_at(department, moment, traps=(trap,)), name)


def test_the_same_seed_makes_the_same_department_and_another_makes_another() -> None:
    one, same, other = (tables_at(make_department(seed=seed, officers=40, years=2)) for seed in (1, 1, 2))
    assert one == same
    assert one != other


@pytest.mark.parametrize("traps", [(), tuple(TRAPS)], ids=["clean", "all traps"])
@pytest.mark.parametrize("days_before", [0, 400])
def test_the_truth_is_what_sql_counts_in_the_tables(
    department: Department, tmp_path: Path, traps: tuple[str, ...], days_before: int
) -> None:
    moment = datetime(2026, 6, 30, 23, 59) - timedelta(days=days_before)
    truth = truth_at(department, moment, traps=traps)
    file = tmp_path / "iapro.sqlite"
    write_sqlite(tables_at(department, moment, traps=traps), file)
    case = """
        WITH CASES AS (SELECT *, TRIM(COALESCE(NULLIF(INCIDENT_TYPE, 'NULL'), '')) AS KIND, CASE
            WHEN CREATED_DT IS NULL THEN 'stub'
            WHEN FIELD_STATUS IN ('Initial entry', 'In chain') THEN 'chain'
            WHEN STATUS = 'Completed' THEN 'completed' ELSE 'open' END AS STATE FROM INCIDENTS),
        LINKS AS (SELECT * FROM ASSOC_INC_OFF JOIN CASES USING (INCNUM))
        SELECT KIND, STATE, {} GROUP BY KIND, STATE{}"""
    with closing(sqlite3.connect(file)) as connection:

        def counted(what: str, by: str = "") -> dict[tuple[Any, ...], int]:
            found = connection.execute(case.format(what, f", {by}" if by else "")).fetchall()
            return {tuple(key): count for *key, count in found if count}

        assert counted("COUNT(*) FROM CASES") == truth.incidents
        assert counted("COUNT(*) FROM LINKS") == truth.officers_linked
        assert counted("COUNT(*) FROM ASSOC_INC_CIT JOIN CASES USING (INCNUM)") == truth.citizens_linked
        reports = counted("COUNT(DISTINCT AIO_NUM) FROM USES_OF_FORCE JOIN LINKS USING (AIO_NUM)")
        assert reports == truth.force_reports
        assert counted("COUNT(*) FROM USES_OF_FORCE JOIN LINKS USING (AIO_NUM)") == truth.force_rows
        assert counted("COUNT(*) FROM ALLEGATIONS JOIN LINKS USING (AIO_NUM)") == truth.allegations
        assert (
            counted("SUM(FINDING = 'Sustained') FROM ALLEGATIONS JOIN LINKS USING (AIO_NUM)")
            == truth.sustained
        )
        assert {
            (kind, state, bool(named)): count
            for (kind, state, named), count in counted(
                "ALGNUM IS NOT NULL, COUNT(*) FROM ACTIONS_TAKEN JOIN LINKS USING (AIO_NUM)", "3"
            ).items()
        } == truth.actions
        (people, others) = connection.execute(
            "SELECT SUM(HIRE_DT IS NOT NULL), SUM(HIRE_DT IS NULL) FROM OFFICERS"
        ).fetchone()
        assert (people, others) == (truth.officers, truth.placeholders)
        assert connection.execute("SELECT COUNT(*) FROM AWARDS").fetchone() == (truth.awards,)
        assert connection.execute("SELECT COUNT(*) FROM TRAINING").fetchone() == (truth.trainings,)
    assert sum(truth.findings.values()) == sum(truth.allegations.values()) > 100


def test_families_of_findings_are_those_of_the_clean_words(
    department: Department, clean: Mapping[str, pa.Table]
) -> None:
    words = {"Sustained": "sustained", "Not Sustained": "not_sustained", "NFIM": "not_investigated", None: ""}
    found = Counter(words.get(row["FINDING"], "other") for row in rows(clean, "ALLEGATIONS"))
    truth: Counter[str] = Counter()
    for (_, _, family), count in truth_at(department, traps=()).findings.items():
        truth[family if family in words.values() else "other"] += count
    assert found == truth


@pytest.mark.parametrize("traps", [(), tuple(TRAPS)], ids=["clean", "all traps"])
def test_every_key_is_unique_and_every_pointer_points_to_a_row(
    department: Department, traps: tuple[str, ...]
) -> None:
    tables = tables_at(department, datetime(2025, 3, 3), traps=traps)
    keys = {
        name: set(tables[name].column(shape.key).to_pylist()) for name, shape in shapes().items() if shape.key
    }
    for name, shape in shapes().items():
        assert shape.key is None or len(keys[name]) == tables[name].num_rows
        for column, target in shape.points_to.items():
            assert set(tables[name].column(column).to_pylist()) - {None} <= keys[target], (name, column)


def test_every_word_fits_its_column(department: Department) -> None:
    tables = tables_at(department)
    long = [
        (name, column)
        for name, shape in shapes().items()
        for column, kind in shape.columns.items()
        if (width := re.fullmatch(r"VARCHAR\((\d+)\)", kind))
        and any(len(cell) > int(width[1]) for cell in tables[name].column(column).to_pylist() if cell)
    ]
    assert long == []


def test_dates_are_in_order_where_nothing_is_wrong(clean: Mapping[str, pa.Table]) -> None:
    order = ("OCCURRED_DT", "RECEIVED_DT", "CREATED_DT", "OPEN_DT", "ASSIGNED_DT", "COMPLETED_DT")
    for row in rows(clean, "INCIDENTS"):
        told = [row[name] for name in order if row[name]]
        assert all(one <= other for one, other in pairwise(told)), row["INCNUM"]
    for row in rows(clean, "ALLEGATIONS"):
        told = [row[name] for name in ("CREATED_DT", "FINDING_DT", "FINAL_DISPO_DT") if row[name]]
        assert all(one <= other for one, other in pairwise(told)), row["ALGNUM"]
    for row in rows(clean, "OFFICERS"):
        assert row["DOB"] < row["HIRE_DT"] - timedelta(days=20 * 365), row["OFFNUM"]
        assert row["END_EMPLOY_DT"] is None or row["HIRE_DT"] <= row["END_EMPLOY_DT"], row["OFFNUM"]
        assert (row["STATUS"] == "Active") == (row["END_EMPLOY_DT"] is None), row["OFFNUM"]


def test_an_earlier_database_is_a_past_of_a_later_one(department: Department) -> None:
    moments = (datetime(2025, 1, 15), datetime(2025, 9, 15), None)
    states = [tables_at(department, moment) for moment in moments]
    may_change = {  # what cases and careers change; anything else stays as it was written
        "INCIDENTS": {"FILENUM", "OPEN_DT", "DUE_DT", "ASSIGNED_DT", "COMPLETED_DT", "INV_UNIT", "INV_TITLE"}
        | {"STATUS", "FIELD_STATUS", "DISPOSITION", "SUSTAINED"},
        "ASSOC_INC_OFF": set(),
        "ALLEGATIONS": {"FINDING", "FINDING_DT", "FINAL_DISPO", "FINAL_DISPO_DT", "ALERT_PROCESSED"}
        | {"ALERT_PROCESSED_DT"},
        "ACTIONS_TAKEN": {"ACTIONTAKEN", "ACTIONTAKEN_DT", "DAYSSUSPENDED", "AT_CATEGORY"},
        "CITIZENS": set(),
    }
    for before, after in pairwise(states):
        for name, free in may_change.items():
            key = str(shapes()[name].key)
            later = {row[key]: row for row in rows(after, name)}
            gone = 0
            for row in rows(before, name):
                if row[key] not in later:
                    gone += 1
                    continue
                moved = {column for column, cell in row.items() if later[row[key]][column] != cell}
                assert moved <= free, (name, row[key])
            assert gone == 0 or name == "ALLEGATIONS"
            assert before[name].num_rows < after[name].num_rows


def test_appeals_change_findings_and_actions_of_completed_cases(department: Department) -> None:
    cleared = [
        (allegation.number, allegation.final[-1][0])
        for incident in department.incidents
        for involved in incident.officers
        for allegation in involved.allegations
        if len(allegation.final) > 1 and allegation.final[-1][0].date() < END
    ]
    assert cleared
    number, decided = cleared[0]
    tables = [tables_at(department, moment) for moment in (decided - timedelta(minutes=1), decided)]
    before, after = (
        next(row for row in rows(one, "ALLEGATIONS") if row["ALGNUM"] == number) for one in tables
    )
    assert before["FINAL_DISPO"].startswith("Sustained")
    assert not after["FINAL_DISPO"].startswith("Sustained")
    assert after["FINDING_DT"] == after["FINAL_DISPO_DT"] > before["FINAL_DISPO_DT"]
    words = [
        {row["ACTIONTAKEN"] for row in rows(one, "ACTIONS_TAKEN") if row["ALGNUM"] == number}
        for one in tables
    ]
    assert "Suspension" in words[0]
    assert any("Civil Service" in word for word in words[1] - words[0])


def test_rates_are_those_of_a_police_department(department: Department) -> None:
    truth = truth_at(department, traps=())
    years = 200 * 4
    by_kind: Counter[str] = Counter()
    for (kind, _), count in truth.incidents.items():
        by_kind[kind] += count
    assert 0.2 < by_kind["Citizen complaint"] / years < 0.4
    assert 0.45 < by_kind["Use of force"] / years < 0.8
    ended = sum(
        count for (kind, _, family), count in truth.findings.items() if kind == "Citizen complaint" and family
    )
    sustained = truth.findings["Citizen complaint", "completed", "sustained"]
    assert 0.07 < sustained / ended < 0.19
    both = [one for one in department.incidents if len(one.officers) > 1 and len(one.citizens) > 1]
    assert 0.01 < len(both) / len(department.incidents) < 0.045
    at_work = [o for o in department.officers if o.hired and o.employee_type == "Commissioned" and not o.left]
    assert len(at_work) == pytest.approx(200, abs=20)


def test_force_spreads_over_officers_more_than_chance_and_follows_their_hidden_risk(
    department: Department,
) -> None:
    risk = {officer.number: officer.risk for officer in department.officers}
    force = Counter(
        who.officer
        for one in department.incidents
        for who in one.officers
        if who.force and who.officer in risk
    )
    counts = np.array(list(force.values()))
    assert counts.var() > 2 * counts.mean()  # a Poisson count has a variance like its mean
    high = [number for number, rate in risk.items() if rate > 2 and number in force]
    assert np.mean([force[number] for number in high]) > 1.5 * counts.mean()


def test_nobody_has_a_real_name_and_what_must_never_leave_says_canary(department: Department) -> None:
    tables = tables_at(department)
    never = {
        "OFFICERS": ("FNAM", "MNAM", "LNAM", "UDTEXT24G"),
        "CITIZENS": ("FNAM", "LNAM", "NARRATIVE"),
        "SUMMARIES": ("SUMMARY",),
        "ALLEGATIONS": ("AUS_ALG_COMMENT",),
        "ACTIONS_TAKEN": ("SUMMARY",),
        "INCIDENTS": ("CIT_CHARGES", "WHY_FORWARDED", "OTHER_INCIDENTS"),
        "ASSOC_INC_CIT": ("FD_CIT_CHARGES",),
    }
    seen = 0
    for name, columns in never.items():
        for column in columns:
            cells = [cell for cell in tables[name].column(column).to_pylist() if cell and cell != "NULL"]
            assert cells, (name, column)
            assert all("canary" in cell.casefold() for cell in cells), (name, column)
            seen += len(cells)
    for table, columns in tables.items():
        others = [column for column in columns.column_names if column not in never.get(table, ())]
        for column in others:
            if pa.types.is_string(columns.schema.field(column).type) and table not in ("ADDRESSES",):
                told = " ".join(str(cell) for cell in columns.column(column).unique().to_pylist())
                assert "canary" not in told.casefold(), (table, column)


def test_cases_that_need_special_care_occur(department: Department) -> None:
    links = rows(tables_at(department), "ASSOC_INC_CIT")
    assert any(link["CIT_AGE"] and link["CIT_AGE"] < 18 for link in links)
    assert any(link["VICTIM"] == "Yes" for link in links)
    charges = " ".join(str(link["FD_CIT_CHARGES"]) for link in links)
    assert "Sexual battery" in charges
    assert "Domestic" in charges


def test_copies_of_the_tables_have_keys_of_their_own(clean: Mapping[str, pa.Table]) -> None:
    tiled = tile(clean, 3)
    for name, shape in shapes().items():
        assert tiled[name].num_rows == clean[name].num_rows * (1 if name == "AIO_COLS" else 3)
        if shape.key:
            assert len(tiled[name].column(shape.key).unique()) == tiled[name].num_rows
        for column, target in shape.points_to.items():
            there = set(tiled[target].column(str(shapes()[target].key)).to_pylist())
            assert set(tiled[name].column(column).to_pylist()) - {None} <= there


def test_a_trap_that_nobody_knows_is_refused(department: Department) -> None:
    with pytest.raises(OpenBeatError, match="no such traps: fan_uot"):
        tables_at(department, traps=("fan_uot",))


def test_every_trap_says_in_a_sentence_what_it_is() -> None:
    assert all(sentence.endswith(".") and sentence.count("\n") == 0 for sentence in TRAPS.values())
    assert set(SIMPLER) < set(TRAPS)

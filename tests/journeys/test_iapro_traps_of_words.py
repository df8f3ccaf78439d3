"""Traps of IAPro in how things are written, in contradictions and in people; see test_iapro_traps.py."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from iapro_town import (
    COMPLAINT,
    FORCE,
    LINKED,
    SHIELDING,
    Towns,
    differences,
    hits,
    problems,
    published,
    withheld,
)

from openbeat.sources.iapro.exports import read_export

# Traps of how missing things are written


def test_null_text_and_empty_text_are_missing(towns: Towns) -> None:
    town = towns.with_traps("null_text")
    assert town.number(
        "SELECT count(*) FROM INCIDENTS WHERE 'NULL' IN (CIT_INJURED, OFF_INJURED, DISPOSITION)"
    )
    assert town.number("SELECT count(*) FROM INCIDENTS WHERE '' IN (CIT_INJURED, OFF_INJURED, DISPOSITION)")
    assert not differences(towns, town, "use_of_force", "incidents")
    assert not differences(towns, town, "use_of_force", "subjects")


def test_blank_is_not_false(towns: Towns) -> None:
    town = towns.with_traps("null_text")
    outcome = town.run("use_of_force", "incidents", only=("officer_injured", "subject_treated"))
    rows = town.rows(outcome, "incidents")
    for column, name in (("OFF_INJURED", "officer_injured"), ("CIT_HOSPITAL", "subject_treated")):
        said = dict(
            town.ask(
                f"""SELECT CASE {column} WHEN 'Yes' THEN 'True' WHEN 'No' THEN 'False' ELSE 'None' END,
                    count(*) FROM INCIDENTS i WHERE {FORCE} GROUP BY 1"""
            )
        )
        assert Counter(str(row[name]) for row in rows) == said
        assert said["None"]


def test_times_lose_their_junk_date(towns: Towns) -> None:
    town = towns.with_traps("junk_time_date")
    zero = "SELECT count(*) FROM INCIDENTS WHERE OCCURRED_TM LIKE '1900-01-01%' AND OCCURRED_TM"
    assert town.number(f"{zero} LIKE '% 00:00:00'")
    assert town.number(f"{zero} NOT LIKE '% 00:00:00'")
    assert not differences(towns, town, "use_of_force", "incidents", "occurred_date", "occurred_time")


@pytest.mark.slow
def test_zero_like_blanks_are_missing(towns: Towns) -> None:
    town = towns.with_traps("zero_like_blanks")
    assert town.number("SELECT count(*) FROM ASSOC_INC_CIT WHERE CIT_AGE = 0")
    assert town.number("SELECT count(*) FROM INCIDENTS WHERE OCCURRED_DT LIKE '1900-01-01%'")
    assert not differences(towns, town, "use_of_force", "incidents", "occurred_date", "occurred_time")
    assert not differences(towns, town, "use_of_force", "subjects")


def test_empty_stubs_are_counted_as_waiting(towns: Towns) -> None:
    town = towns.with_traps("stub_incidents")
    outcome = town.run("use_of_force", "incidents", only=("report_id",))
    stubs = town.number(
        """SELECT count(*) FROM INCIDENTS
           WHERE CREATED_DT IS NULL AND INCIDENT_TYPE IN ('Use of force', 'Show of force')"""
    )
    assert stubs
    assert outcome.tables["incidents"].pending.get("unknown") == stubs
    assert withheld(outcome)["incidents"] == stubs + len(town.cases("use_of_force", "chain", "open"))
    assert len(town.rows(outcome, "incidents")) == len(towns.clean["use_of_force", "incidents"])


# Traps of contradictions


def test_day_that_disagrees_is_reported_and_the_date_holds(towns: Towns) -> None:
    town = towns.with_traps("day_disagrees")
    days = town.ask(
        f"SELECT OCCURRED_DT, OCCURRED_DAY FROM INCIDENTS i WHERE OCCURRED_DT NOTNULL AND {FORCE}"
    )
    wrong = sum(f"{datetime.fromisoformat(day):%A}" != word for day, word in days)
    outcome = town.run("use_of_force", "incidents", only=("occurred_date", *SHIELDING))
    assert problems(outcome, "incidents", "INCIDENTS.OCCURRED_DAY").total() == wrong > 0
    assert not differences(towns, town, "use_of_force", "incidents", "occurred_date")


def test_occurred_after_received_is_flagged_and_stays(towns: Towns) -> None:
    town = towns.with_traps("occurred_after_received")
    flagged = 0
    for dataset, table, where, rule in (
        ("use_of_force", "incidents", FORCE, "reported_after"),
        ("complaints", "complaints", COMPLAINT, "received_after"),
    ):
        days = ("occurred_date", "received_date")
        outcome = town.run(dataset, table, only=days, only_check=True)
        all_cases = f"SELECT count(*) FROM INCIDENTS i WHERE {where}"
        late = town.number(f"{all_cases} AND OCCURRED_DT > RECEIVED_DT")
        assert hits(outcome, "Q1", table, rule) == late
        assert published(outcome)[table] == town.number(all_cases)
        flagged += late
    assert flagged


def test_padded_file_numbers_and_types_are_trimmed(towns: Towns) -> None:
    town = towns.with_traps("padded_filenum", "trailing_space_types")
    assert town.number("SELECT count(*) FROM INCIDENTS WHERE FILENUM LIKE '% '")
    assert town.number("SELECT count(*) FROM INCIDENTS WHERE INCIDENT_TYPE LIKE '% '")
    assert not differences(towns, town, "use_of_force", "incidents", "report_id", "report_type")


# Traps of people


def test_placeholder_officers_are_nobody(towns: Towns) -> None:
    town = towns.with_traps("placeholder_officers", pull=False)
    nobody = [one.number for one in town.seen.officers if one.placeholder]
    some = f"SELECT AIO_NUM FROM ASSOC_INC_OFF JOIN INCIDENTS i USING (INCNUM) WHERE {COMPLAINT} LIMIT 4"
    town.change(f"UPDATE ASSOC_INC_OFF SET OFFNUM = ? WHERE AIO_NUM IN ({some})", nobody[0])
    town.pull()
    links = town.ask(f"SELECT OFFNUM FROM ASSOC_INC_OFF JOIN INCIDENTS i USING (INCNUM) WHERE {COMPLAINT}")
    meant = sum(number in nobody for (number,) in links)
    outcome = town.run("complaints", "officers", only=("officer_id",))
    said = Counter(row["officer_id"] for row in town.rows(outcome, "officers"))
    assert said[None] == meant >= 4
    assert said.total() == len(links)
    assert not set(town.hidden("complaints", "officer", nobody)) & set(said)
    assert problems(outcome, "officers", "ASSOC_INC_OFF.OFFNUM").total() == meant
    roster = town.run("workforce", only=("rank",), only_check=True).tables["officers"].account
    assert list(roster.refused.values()) == [len(nobody)]
    assert roster.published == town.number("SELECT count(*) FROM OFFICERS") - len(nobody)


def test_impossible_people_are_found_and_their_ages_left_out(towns: Towns) -> None:
    town = towns.with_traps("impossible_people", pull=False)
    [[busy]] = town.ask(
        f"""SELECT OFFNUM FROM ASSOC_INC_OFF JOIN INCIDENTS i USING (INCNUM)
            WHERE {FORCE} AND OCCURRED_DT NOTNULL GROUP BY OFFNUM ORDER BY count(*) DESC LIMIT 1"""
    )
    town.change("UPDATE OFFICERS SET DOB = '1910-01-01 00:00:00' WHERE OFFNUM = ?", busy)
    town.pull()
    dates = ("employment_status", "hired_date", "left_date")
    roster = town.run("workforce", only=dates, only_check=True)
    active = "SELECT count(*) FROM OFFICERS WHERE STATUS = 'Active' AND END_EMPLOY_DT NOTNULL"
    before = "SELECT count(*) FROM OFFICERS WHERE END_EMPLOY_DT < HIRE_DT"
    assert hits(roster, "R1", "officers", "active_has_not_left") == town.number(active) > 0
    assert hits(roster, "Q1", "officers", "left_after_hired") == town.number(before)
    outcome = town.run("use_of_force", "officers", only=("officer_age",), only_check=True)
    ages = f"""SELECT count(*) FROM ASSOC_INC_OFF JOIN INCIDENTS i USING (INCNUM) JOIN OFFICERS USING (OFFNUM)
               WHERE {FORCE} AND substr(OCCURRED_DT, 1, 4) - substr(DOB, 1, 4) > 91"""
    assert problems(outcome, "officers", "officer_age").total() == town.number(ages) > 0
    assert hits(outcome, "Q2", "officers", "officer_age") == town.number(ages)


def test_spellings_are_one_code(towns: Towns) -> None:
    town = towns.with_traps("spellings")
    for table in ("OFFICERS", "CITIZENS"):
        assert town.number(f"SELECT count(*) FROM {table} WHERE SEX IN ('M', 'femaale', 'Male ')")
        assert town.number(f"SELECT count(*) FROM {table} WHERE RACE IN ('BLACE', 'White ')")
    assert not differences(towns, town, "use_of_force", "subjects")
    assert not differences(towns, town, "workforce", "officers")


@pytest.mark.slow
def test_words_cut_at_the_width_of_their_column_keep_their_meaning(towns: Towns) -> None:
    town = towns.with_traps("cut_words")
    rows = town.rows(town.run("workforce", "officers", only=("officer_race",)), "officers")
    codes = {
        "Asian/Pacifi": "asian_pacific_islander",
        "American Ind": "native_american",
        "Not Specifie": "unknown",
    }
    words = dict(town.ask("SELECT RACE, count(*) FROM OFFICERS GROUP BY RACE"))
    said = Counter(row["officer_race"] for row in rows)
    assert {code: said[code] for word, code in codes.items() if word in words} == {
        code: words[word]
        + words.get("Amer Indian", 0) * (word == "American Ind")
        + (words.get("Unknown", 0) + words.get("Race-Unknown", 0)) * (word == "Not Specifie")
        for word, code in codes.items()
        if word in words
    }
    assert words.keys() & codes.keys()


@pytest.mark.slow
def test_stray_words_are_left_out_with_a_reason_and_double_spaces_are_one_word(towns: Towns) -> None:
    town = towns.with_traps("stray_values", "duplicate_spaces")
    outcome = town.run("complaints", "actions", only=("discipline",))
    strays = town.number(
        f"""SELECT count(*) FROM ACTIONS_TAKEN {LINKED}
            WHERE {COMPLAINT} AND ACTIONTAKEN IN ('011618', 's', 'Sustained')"""
    )
    assert town.number("SELECT count(*) FROM ACTIONS_TAKEN WHERE ACTIONTAKEN LIKE 'NSA  - %'")
    assert hits(outcome, "Q7", "actions", "discipline") == strays > 0
    said = Counter(row["discipline"] for row in town.rows(outcome, "actions"))
    clean = Counter(row["discipline"] for row in towns.clean["complaints", "actions"])
    assert said.total() == clean.total()
    assert said[None] - clean[None] == strays


# A trap of files


def test_names_cut_to_ten_signs_are_known_whatever_their_order(tmp_path: Path) -> None:
    full = {
        "FILENUM": "UF-1", "OCCURRED_DT": "07/04/2016", "OCCURRED_TM": "9:05 PM", "CURRENT_BADGE_NO": "8001",
        "SERVICE_TYPE": "Arrest", "OFF_INJURED": "No", "OFF_HOSPITAL": "Yes", "ForceType": "Taser",
    }  # fmt: skip
    cut = {name[:10]: word for name, word in reversed(full.items())}
    tables = []
    for year, row in (("2015", full), ("2021", cut)):
        file = tmp_path / f"{year}.csv"
        file.write_text(f"{','.join(row)}\n{','.join(row.values())}\n", "utf-8")
        tables.append(read_export([file], "dallas").tables)
    assert list(cut)[1:3] == ["OFF_HOSPIT", "OFF_INJURE"]
    assert {name: rows.to_pylist() for name, rows in tables[0].items()} == {
        name: rows.select(tables[0][name].column_names).to_pylist() for name, rows in tables[1].items()
    }
    [link] = tables[1]["ASSOC_INC_OFF"].to_pylist()
    assert (link["OFF_INJURED"], link["OFF_HOSPITAL"]) == ("No", "Yes")

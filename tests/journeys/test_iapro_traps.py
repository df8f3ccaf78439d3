"""Every trap known from others' extractions of IAPro: set in a database, read, published, not fallen into.

Each goes the whole way: a synthetic department with this one trap in its records, its database, extraction,
vault, Rivertown's agency.toml, release. What is right is taken from the department's history or asked of the
database in plain SQL; where a trap lies only in how things are written, the release must be the same as
without it. Here are the traps of joins, of meaning and of time; test_iapro_traps_of_words.py has the others.
That each test can fail is held by test_iapro_traps_can_fail.py.

Traps that show only in files have their tests in tests/sources, test_iapro_exports…:
    BOM at the start of a file       …_packed: a_mark_at_the_start_and_line_ends_within_cells_change_nothing
    column shift                     …_packed: a_row_with_a_cell_too_many_is_quarantined,
                                     a_row_that_cannot_be_understood_is_quarantined_whole;
                                     …: new_orleans_three_shifted_rows_are_quarantined
    packed cells of unequal length   …_packed: a_row_that_cannot_be_understood_is_quarantined_whole;
                                     …_flat: packed_kinds_of_force_are_one_use_each_and_uneven_…
    fan-out, in saved queries        …_flat: saved_queries_are_products_and_become_what_they_are_products_of
    placeholder officers             …_packed: a_placeholder_is_no_officer
"""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from iapro_town import (
    COMPLAINT,
    FORCE,
    LINKED,
    Towns,
    family,
    settings_with,
    the_end,
    withheld,
)

from openbeat.agency import Precision, load_agency
from openbeat.errors import UnknownCodes, WrongSettings
from openbeat.synth.department import state
from openbeat.synth.iapro import truth_at

# Traps of joins


def test_fan_out(towns: Towns) -> None:
    town = towns.with_traps("fan_out")
    outcome = town.run("use_of_force", "force", "actions", "subjects", only=("incident_id",))
    truth = truth_at(towns.department, traps=("fan_out",))
    kinds = [(kind, "completed") for kind in ("Use of force", "Show of force")]
    right = {
        "force": sum(truth.force_reports[kind] for kind in kinds),
        "actions": sum(truth.force_rows[kind] for kind in kinds),
        "subjects": sum(truth.citizens_linked[kind] for kind in kinds),
    }
    assert {name: len(town.rows(outcome, name)) for name in right} == right
    assert not any(one.account.refused for one in outcome.tables.values())  # such as copies that a join made
    joined = town.number(
        f"SELECT count(*) FROM USES_OF_FORCE {LINKED} JOIN ASSOC_INC_CIT USING (INCNUM) WHERE {FORCE}"
    )
    assert joined > right["actions"]


def test_action_and_allegation_make_no_cross_product(towns: Towns) -> None:
    town = towns.with_traps("several_actions", "several_allegations", pull=False)
    of_whole_case = f"""SELECT min(ATNUM) FROM ACTIONS_TAKEN {LINKED} WHERE {COMPLAINT} AND AIO_NUM IN
        (SELECT AIO_NUM FROM ALLEGATIONS GROUP BY AIO_NUM HAVING count(*) > 1)"""
    town.change(f"UPDATE ACTIONS_TAKEN SET ALGNUM = NULL WHERE ATNUM IN ({of_whole_case})")
    town.pull()
    names = ("entry_id", "complaint_id", "allegation_id", "officer_id")
    outcome = town.run("complaints", "actions", only=names)
    rows = town.rows(outcome, "actions")
    assert not outcome.tables["actions"].account.refused  # such as copies that a join made
    right = town.ask(f"SELECT ATNUM, INCNUM, ALGNUM, OFFNUM FROM ACTIONS_TAKEN {LINKED} WHERE {COMPLAINT}")
    actions, cases, allegations, officers = zip(*right, strict=True)
    columns = (
        town.hidden("complaints", "entry", actions),
        town.hidden("complaints", "complaint", cases),
        [one and town.hidden("complaints", "allegation", [one])[0] for one in allegations],
        town.hidden("complaints", "officer", officers),
    )
    assert sorted(tuple(map(str, (row[name] for name in names))) for row in rows) == sorted(
        tuple(map(str, one)) for one in zip(*columns, strict=True)
    )
    assert allegations.count(None) == 1
    crossed = (
        f"SELECT count(*) FROM ACTIONS_TAKEN JOIN ALLEGATIONS USING (AIO_NUM) {LINKED} WHERE {COMPLAINT}"
    )
    assert town.number(crossed) > len(rows)


@pytest.mark.parametrize(
    ("dataset", "table", "where"),
    [("use_of_force", "subjects", FORCE), ("complaints", "complainants", COMPLAINT)],
    ids=["use of force", "complaints"],
)
def test_link_types_drop_nobody(towns: Towns, dataset: str, table: str, where: str) -> None:
    town = towns.with_traps("link_types")
    rows = town.rows(town.run(dataset, table, only=("subject_role",)), table)
    right = Counter(
        {
            "other" if (dataset, role) == ("complaints", "Subject") else role.lower(): links
            for role, links in town.ask(
                f"""SELECT LINK_TYPE, count(*) FROM ASSOC_INC_CIT JOIN INCIDENTS i USING (INCNUM)
                    WHERE {where} GROUP BY LINK_TYPE"""
            )
        }
    )
    assert Counter(row["subject_role"] for row in rows) == right
    assert len(right) > 1


# Traps of meaning


def test_age_is_completed_years(towns: Towns) -> None:
    town = towns.with_traps("birthday_age")
    exact = {"use_of_force.subject_age": Precision(publish="exact", reason="this test counts birthdays")}
    agency = replace(town.agency, precision=exact)
    outcome = town.run("use_of_force", "subjects", only=("subject_age",), agency=agency)
    born = {one.number: one.born for one in town.seen.people}
    right: Counter[int | None] = Counter()
    by_year: Counter[int | None] = Counter()
    for incident in town.cases("use_of_force", "completed"):
        day = incident.occurred.date() if incident.occurred else None
        for link in incident.citizens:
            birth = born[link.person]
            right[completed_years(birth, day) if birth and day else link.age] += 1
            by_year[day.year - birth.year if birth and day else link.age] += 1
    assert Counter(row["subject_age"] for row in town.rows(outcome, "subjects")) == right
    assert by_year != right


def completed_years(birth: date, day: date) -> int:
    """How many birthdays somebody has had; the 29th of February's is on the 1st of March in other years."""
    months = (day.year - birth.year) * 12 + day.month - birth.month
    return (months - (day.day < birth.day)) // 12


def test_sustained_is_not_found_inside_not_sustained(towns: Towns) -> None:
    town = towns.with_traps("not_sustained_words")
    rows = town.rows(town.run("complaints", "allegations", only=("complaint_id", "finding")), "allegations")
    right = Counter(
        family(one, the_end(town.seen))
        for incident in town.cases("complaints", "completed")
        for involved in incident.officers
        for one in involved.allegations
    )
    assert Counter(row["finding"] for row in rows) == right
    inside = town.number(
        f"""SELECT count(*) FROM ALLEGATIONS {LINKED}
            WHERE {COMPLAINT} AND coalesce(FINAL_DISPO, FINDING) LIKE '%sustained%'"""
    )
    assert inside > right["sustained"] > 0


def test_typo_in_the_mapping_stops_the_run_and_is_named(towns: Towns) -> None:
    town = towns.with_traps()
    typo = load_agency(settings_with(town.folder, ('"L1-Hands"', '"L1-Hnads"')))
    rows = town.number(
        f"SELECT count(*) FROM USES_OF_FORCE {LINKED} WHERE {FORCE} AND UOF_FORCE_TYPE = 'L1-Hands'"
    )
    with pytest.raises(UnknownCodes, match=rf"force_type: 'L1-Hands' \({rows} rows\)"):
        town.run("use_of_force", "actions", only=("force_type",), agency=typo, only_check=True)


def test_same_name_for_two_columns_is_refused(tmp_path: Path) -> None:
    twice = ('rule                     = "ALLEGATIONS.DIRECTIVE"', 'finding = "ALLEGATIONS.CPOA_FINDING"')
    with pytest.raises(WrongSettings, match=r"(?i)cannot overwrite"):
        load_agency(settings_with(tmp_path, twice))


def test_each_allegation_has_a_finding_of_its_own(towns: Towns) -> None:
    town = towns.with_traps("several_allegations")
    rows = town.rows(town.run("complaints", "allegations", only=("complaint_id", "finding")), "allegations")
    right = Counter(
        (incident.number, family(one, the_end(town.seen)))
        for incident in town.cases("complaints", "completed")
        for involved in incident.officers
        for one in involved.allegations
    )
    cases = [number for number, _ in right]
    hidden = dict(zip(cases, town.hidden("complaints", "complaint", cases), strict=True))
    assert Counter((row["complaint_id"], row["finding"]) for row in rows) == Counter(
        {(hidden[number], found): times for (number, found), times in right.items()}
    )
    assert max(Counter(cases).values()) > 1  # a complaint whose allegations ended differently


def test_word_outside_the_list_of_codes_stops_the_run(towns: Towns) -> None:
    town = towns.with_traps(pull=False)
    shifted = "UPDATE INCIDENTS AS i SET OFF_INJURED = 'refuse verbal commands' WHERE INCNUM IN"
    assert town.change(f"{shifted} (SELECT INCNUM FROM INCIDENTS i WHERE {FORCE} LIMIT 2)") == 2
    town.pull()
    with pytest.raises(UnknownCodes, match=r"officer_injured: 'refuse verbal commands' \(2 rows\)"):
        town.run("use_of_force", "incidents", only=("officer_injured",), only_check=True)


# Traps of time


def test_unfinished_forms_wait_and_are_counted(towns: Towns) -> None:
    town = towns.with_traps("unfinished_forms")
    outcome = town.run("use_of_force", "incidents", only=("report_id",))
    done = [one.number for one in town.cases("use_of_force", "completed")]
    rows = town.rows(outcome, "incidents")
    assert {row["incident_id"] for row in rows} == set(town.hidden("use_of_force", "incident", done))
    assert len(rows) == len(done)
    truth = truth_at(towns.department, traps=("unfinished_forms",))
    chain = sum(truth.incidents[kind, "chain"] for kind in ("Use of force", "Show of force"))
    assert chain
    assert outcome.release
    said = {one["state"]: one["cases"] for one in outcome.release.manifest["pending"]}
    assert said.get("in_chain") == chain
    assert (
        sum(said.values())
        == withheld(outcome)["incidents"]
        == len(town.cases("use_of_force", "chain", "open"))
    )


def test_corrected_code_leaves_no_stale_row(towns: Towns) -> None:
    corrected = [
        (line.kind[-1][0], involved.number)
        for incident in towns.department.incidents
        if incident.kind == "Use of force" and state(incident, the_end(towns.department)) == "completed"
        for involved in incident.officers
        for line in involved.force
        if len(line.kind) > 1
    ]
    when, link = max(corrected)
    town = towns.with_traps("corrected_code", "force_twins", moment=when - timedelta(minutes=1))
    force = "SELECT UOF_FORCE_TYPE FROM USES_OF_FORCE WHERE AIO_NUM = ?"
    wrong = town.ask(force, link)
    shutil.copy(towns.database(["corrected_code", "force_twins"]), town.file)
    assert Counter(town.ask(force, link)) != Counter(wrong)
    town.pull(full=True)
    rows = town.rows(town.run("use_of_force", "actions", only=("force_id", "force_type")), "actions")
    words = town.agency.datasets["use_of_force"].tables["actions"].codes["force_type"]
    said = town.ask(f"SELECT AIO_NUM, UOF_FORCE_TYPE FROM USES_OF_FORCE {LINKED} WHERE {FORCE}")
    hidden = town.hidden("use_of_force", "force", [number for number, _ in said])
    assert Counter((row["force_id"], row["force_type"]) for row in rows) == Counter(
        zip(hidden, (words[word] for _, word in said), strict=True)
    )


@pytest.mark.slow
def test_deleted_allegation_is_gone(towns: Towns) -> None:
    when, allegation = max(
        (one.deleted, one.number)
        for incident in towns.department.incidents
        if state(incident, the_end(towns.department)) == "completed"
        for involved in incident.officers
        for one in involved.allegations
        if one.deleted
    )
    traps = ("deleted_allegation", "several_allegations")
    town = towns.with_traps(*traps, moment=when - timedelta(minutes=1))
    there = "SELECT count(*) FROM ALLEGATIONS WHERE ALGNUM = ?"
    assert town.number(there, allegation) == 1
    shutil.copy(towns.database(traps), town.file)
    assert town.number(there, allegation) == 0
    town.pull(full=True)
    rows = town.rows(town.run("complaints", "allegations", only=("finding",)), "allegations")
    said = town.ask(f"SELECT ALGNUM FROM ALLEGATIONS {LINKED} WHERE {COMPLAINT}")
    hidden = town.hidden("complaints", "allegation", [number for (number,) in said])
    assert sorted(row["allegation_id"] for row in rows) == sorted(hidden)

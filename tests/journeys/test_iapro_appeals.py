"""Months go by: findings change on appeal, cases are completed, codes are put right, a case vanishes."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from iapro_servers import ask, change, sqlite_url
from publishing import EXAMPLES
from rivertown_iapro import ADDRESS, Rivertown, make_key, set_clock, settle_iapro

from openbeat.protect.keys import VARIABLE as PSEUDONYMS
from openbeat.synth.department import (
    Action,
    Allegation,
    Department,
    Finding,
    Incident,
    at,
    make_department,
    state,
    told_when,
)
from openbeat.synth.iapro import tables_at, write_sqlite
from openbeat.vault import VARIABLE as VAULT

BEFORE, AFTER = datetime(2026, 1, 15, 3), datetime(2026, 6, 30, 3)
ALWAYS = "full_read_days = 400"  # so that the second night reads the window only
COMPLAINTS, FORCE = ("Citizen complaint", "Rank Initiated"), ("Use of force", "Show of force")
SAID = {  # what a later night may say otherwise, by table of the complaints
    "complaints": {"finding", "completed_date"},
    "allegations": {"finding", "finding_date", "completed_date"},
    "actions": {"discipline", "discipline_date", "discipline_days"},
}


WORDS = tomllib.loads((EXAMPLES / "rivertown" / "agency.toml").read_text("utf-8"))["codes"]


@pytest.fixture(scope="module")
def department() -> Department:
    """150 officers over four years."""
    return make_department(seed=4, officers=150, years=4)


@dataclass(frozen=True, kw_only=True)
class Nights:
    """Rivertown after a first night and a later one, and the rows that were published at the first."""

    rivertown: Rivertown
    file: Path
    first: Mapping[str, Sequence[Mapping[str, Any]]]


def write_night(department: Department, file: Path, moment: datetime) -> None:
    """The database as it stands at that moment."""
    file.unlink(missing_ok=True)
    write_sqlite(tables_at(department, moment), file)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pytest.MonkeyPatch]:
    """The keys and the clock, for all tests of the module."""
    folder = tmp_path_factory.mktemp("keys")
    with pytest.MonkeyPatch.context() as environment:
        make_key(folder / "openbeat.key", PSEUDONYMS, environment)
        make_key(folder / "vault.key", VAULT, environment)
        yield environment


def two_nights(department: Department, folder: Path, environment: pytest.MonkeyPatch, dataset: str) -> Nights:
    """The dataset published at a night and, after the window of changes was read, at a later one."""
    file = folder / "iapro.sqlite"
    environment.setenv(ADDRESS, sqlite_url(file))
    rivertown = settle_iapro(folder, department, more=ALWAYS)
    first: Mapping[str, Sequence[Mapping[str, Any]]] = {}
    for moment in (BEFORE, AFTER):
        write_night(department, file, moment)
        set_clock(environment, moment)
        said = rivertown.publish(dataset)
        assert ("every case" in said) == (moment == BEFORE)
        if not first:
            first = {table: rivertown.rows(dataset, table) for table in rivertown.body(dataset)["tables"]}
    return Nights(rivertown=rivertown, file=file, first=first)


@pytest.fixture(scope="module")
def complaints(
    department: Department, environment: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Nights:
    """Complaints, published twice."""
    return two_nights(department, tmp_path_factory.mktemp("complaints"), environment, "complaints")


def released(department: Department, kinds: Sequence[str], moment: datetime) -> list[Incident]:
    """The cases of these kinds that were completed by then."""
    return [one for one in department.incidents if one.kind in kinds and state(one, moment) == "completed"]


def allegations(incident: Incident, moment: datetime) -> list[Allegation]:
    return [
        one
        for involved in incident.officers
        for one in involved.allegations
        if one.created <= moment and not (one.deleted and one.deleted <= moment)
    ]


def actions(incident: Incident, moment: datetime) -> list[Action]:
    return [one for involved in incident.officers for one in involved.actions if one.told[0][0] <= moment]


def meaning(said: Finding) -> str:
    """The standard's code of a finding: what agency.toml says of the word, else what the history means."""
    return str(WORDS["finding"].get(said.word, said.family))


def finding(one: Allegation, moment: datetime) -> tuple[str, date] | None:
    """How an allegation stands, and since which day."""
    told = one.final if at(one.final, moment) else one.finding
    said, when = at(told, moment), told_when(told, moment)
    return (meaning(said), when.date()) if said and when else None


def ruling(incident: Incident, moment: datetime) -> tuple[str | None, date | None]:
    """How a case ended, and on which day: it may be opened again and completed anew."""
    said, when = at(incident.disposition, moment), told_when(incident.workflow, moment)
    return meaning(said) if said else None, when.date() if when else None


def told_by_the_history(department: Department) -> dict[tuple[str, str], set[int]]:
    """(table, change) -> IAPro's numbers of the rows, for complaints between the two moments."""
    before = {one.number: one for one in released(department, COMPLAINTS, BEFORE)}
    after = {one.number: one for one in released(department, COMPLAINTS, AFTER)}
    old = {one.number: (one, case) for case in before.values() for one in allegations(case, BEFORE)}
    new = {one.number: (one, case) for case in after.values() for one in allegations(case, AFTER)}
    did = {one.number: one for case in before.values() for one in actions(case, BEFORE)}
    done = {one.number: one for case in after.values() for one in actions(case, AFTER)}
    return {
        ("complaints", "added"): set(after) - set(before),
        ("complaints", "withdrawn"): set(before) - set(after),
        ("complaints", "changed"): {
            number
            for number in set(before) & set(after)
            if ruling(after[number], BEFORE) != ruling(after[number], AFTER)
        },
        ("allegations", "added"): set(new) - set(old),
        ("allegations", "changed"): {
            number
            for number in set(old) & set(new)
            for one, case in [new[number]]
            if (finding(one, BEFORE), ruling(case, BEFORE)[1])
            != (finding(one, AFTER), ruling(case, AFTER)[1])
        },
        ("allegations", "withdrawn"): set(old) - set(new),
        ("actions", "added"): set(done) - set(did),
        ("actions", "changed"): {
            number
            for number in set(did) & set(done)
            if at(done[number].told, BEFORE) != at(done[number].told, AFTER)
        },
        ("actions", "withdrawn"): set(did) - set(done),
    }


def test_the_changelog_has_the_findings_changed_since_and_the_cases_completed_since_and_nothing_else(
    department: Department, complaints: Nights
) -> None:
    rivertown, domains = complaints.rivertown, {"complaints": "complaint", "allegations": "allegation"}
    listed: dict[tuple[str, str], set[str]] = {}
    for row in rivertown.changes("complaints"):
        listed.setdefault((row["table"], row["change"]), set()).add(row["key"])
    expected = {
        (table, what): set(rivertown.pseudonyms(numbers, domains.get(table, "entry"), "complaints").values())
        for (table, what), numbers in told_by_the_history(department).items()
        if numbers
    }
    assert expected["allegations", "changed"]
    assert expected["actions", "changed"]
    assert {one: keys for one, keys in listed.items() if one[0] in SAID} == expected
    # Officers and complainants come with their case, and never change.
    cases = expected["complaints", "added"]
    for table in ("officers", "complainants"):
        of_these = [row for row in rivertown.rows("complaints", table) if row["complaint_id"] in cases]
        assert len(listed.pop((table, "added"))) == len(of_these)
    assert not [one for one in listed if one[0] not in SAID]


def test_what_changed_is_what_an_appeal_may_change_and_every_row_keeps_its_number(
    complaints: Nights,
) -> None:
    rivertown = complaints.rivertown
    for row in rivertown.changes("complaints"):
        if row["change"] == "changed":
            assert set(row["fields"].split()) <= SAID[row["table"]]
    for table, rows in complaints.first.items():
        [key] = rivertown.body("complaints")["tables"][table]["key"]
        now = {row[key]: row for row in rivertown.rows("complaints", table)}
        for then in rows:
            lasting = set(then) - SAID.get(table, set())
            assert {name: then[name] for name in lasting} == {name: now[then[key]][name] for name in lasting}


def test_a_finding_says_after_the_appeal_what_the_appeal_decided(
    department: Department, complaints: Nights
) -> None:
    rows = {row["allegation_id"]: row for row in complaints.rivertown.rows("complaints", "allegations")}
    right = {
        one.number: finding(one, AFTER)
        for case in released(department, COMPLAINTS, AFTER)
        for one in allegations(case, AFTER)
    }
    known_as = complaints.rivertown.pseudonyms(right, "allegation", "complaints")
    assert len(right) == len(rows)
    for number, said in right.items():
        row, (family, day) = rows[known_as[number]], said or (None, None)
        if row["reduced_detail"] and day:
            day = day.replace(day=1)  # what protects its people: no more than the month
        assert (row["finding"], row["finding_date"]) == (family, day)


@pytest.mark.slow
def test_a_case_that_vanished_from_iapro_is_withdrawn_with_all_that_hangs_on_it(
    department: Department, complaints: Nights
) -> None:
    rivertown = complaints.rivertown
    gone = next(
        one for one in released(department, COMPLAINTS, BEFORE) if actions(one, BEFORE) and one.citizens
    )
    [case] = rivertown.pseudonyms([gone.number], "complaint", "complaints").values()
    tables = rivertown.body("complaints")["tables"]
    expected = Counter(
        {
            table: sum(row["complaint_id"] == case for row in rivertown.rows("complaints", table))
            for table in tables
        }
    )
    for name in ("USES_OF_FORCE", "ALLEGATIONS", "ACTIONS_TAKEN"):
        of_case = "SELECT AIO_NUM FROM ASSOC_INC_OFF WHERE INCNUM = ?"
        change(complaints.file, f"DELETE FROM {name} WHERE AIO_NUM IN ({of_case})", gone.number)
    for name in ("ASSOC_INC_OFF", "ASSOC_INC_CIT", "INCIDENTS"):
        change(complaints.file, f"DELETE FROM {name} WHERE INCNUM = ?", gone.number)
    rivertown.run("iapro", "pull", "rivertown", "--full")
    rivertown.publish("complaints")
    rows = rivertown.changes("complaints")
    assert {row["change"] for row in rows} == {"withdrawn"}
    assert Counter(row["table"] for row in rows) == +expected
    assert all(row["reason"] for row in rows)


@pytest.mark.slow
def test_a_code_put_right_without_a_date_leaves_no_stale_row_after_the_full_read(
    department: Department, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nights = two_nights(department, tmp_path, environment, "use_of_force")
    rivertown = nights.rivertown
    means = {word.casefold(): code for word, code in WORDS["force_type"].items()}
    lines = Counter(
        (who.number, means[str(at(line.kind, AFTER)).casefold()])
        for case in released(department, FORCE, AFTER)
        for who in case.officers
        for line in who.force
    )
    # Two lines of force in a case that was completed years ago; their places are by what they say.
    number = min(
        who.number
        for case in released(department, FORCE, BEFORE)
        for who in case.officers
        if len(who.force) == 2 and ("firearm_pointed" not in {code for n, code in lines if n == who.number})
    )
    word = "L1-Rifle (Pointed)"
    [[first]] = ask(nights.file, "SELECT min(rowid) FROM USES_OF_FORCE WHERE AIO_NUM = ?", number)
    [[wrong]] = ask(nights.file, "SELECT UOF_FORCE_TYPE FROM USES_OF_FORCE WHERE rowid = ?", first)
    change(nights.file, "UPDATE USES_OF_FORCE SET UOF_FORCE_TYPE = ? WHERE rowid = ?", word, first)
    lines += Counter({(number, means[word.casefold()]): 1})
    lines -= Counter({(number, means[wrong.casefold()]): 1})

    assert "nothing new" in rivertown.publish("use_of_force")
    rivertown.run("iapro", "pull", "rivertown", "--full")
    rivertown.publish("use_of_force")
    known_as = rivertown.pseudonyms({one for one, _ in lines}, "force", "use_of_force")
    rows = rivertown.rows("use_of_force", "actions")
    assert Counter((row["force_id"], row["force_type"]) for row in rows) == Counter(
        {(known_as[one], code): count for (one, code), count in lines.items()}
    )
    changes = rivertown.changes("use_of_force")
    assert {row["change"] for row in changes} == {"changed"}
    assert {(row["table"], row["fields"]) for row in changes} == {
        ("actions", "force_type"),
        ("force", "force_types"),
    }

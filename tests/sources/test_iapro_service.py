"""Officers' service and events out of the vault's history: as known at any moment, and never multiplied."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from iapro_servers import Vaults, ask, sqlite_url

from openbeat.sources.iapro.catalogue import catalogue
from openbeat.sources.iapro.events import EVENTS, events
from openbeat.sources.iapro.service import assignments, officers, posts_on_cases
from openbeat.vault import Held, Vault, VaultKey, open_vault

Row = dict[str, Any]
FIRST = datetime(2026, 3, 1, 3)
KINDS = {
    "Use of force": "use_of_force",
    "Vehicle pursuit": "vehicle_pursuits",
    "Citizen complaint": "complaints",
}
KEY = VaultKey(bytes(range(32)))


def append(vault: Vault, night: int, **tables: Sequence[Mapping[str, str | None]]) -> None:
    """What an extraction brings that reads these tables as a whole, `night` days after the first."""
    held = {}
    for name, rows in tables.items():
        spec = catalogue()[name]
        columns = dict.fromkeys((*spec.asked, *spec.key, *(["INCNUM"] if spec.found_by else [])))
        text = pa.table({one: pa.array([row.get(one) for row in rows], pa.string()) for one in columns})
        names = (
            vault.values(f"iapro.{name}", spec.key[0]) if f"iapro.{name}" in vault.tables() else frozenset()
        )
        gone = (spec.key[0], names | {row[spec.key[0]] or "" for row in rows})
        held[f"iapro.{name}"] = Held(rows=text, key=spec.key, event=spec.event, known=spec.known, within=gone)
    vault.append(held, at=FIRST + timedelta(days=night))


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return open_vault(tmp_path / "vault", KEY)


@contextmanager
def a_vault() -> Iterator[Vault]:
    """One of many, for a property."""
    with tempfile.TemporaryDirectory() as folder:
        yield open_vault(Path(folder) / "vault", KEY)


def officer(number: str = "7", unit: str | None = "Patrol", **more: str | None) -> dict[str, str | None]:
    return {"OFFNUM": number, "UDTEXT24A": unit, "TITLE": "Officer", "STATUS": "Active", **more}


def served(vault: Vault, held: datetime | None = None) -> list[tuple[str, date | None, date | None]]:
    return [(row["UDTEXT24A"], row["start"], row["end"]) for row in assignments(vault, held).to_pylist()]


# --- the roster ----------------------------------------------------------------------------------------


def test_the_roster_has_no_names_and_says_who_is_no_person(vault: Vault) -> None:
    told = officer("7", HIRE_DT="2010-05-06 00:00:00", END_EMPLOY_DT="1900-01-01 00:00:00", SEX="F", RACE="W")
    append(vault, 0, OFFICERS=[told, officer("99", None)])
    seven, nobody = officers(vault, placeholders=["99"]).to_pylist()
    assert (seven["hired"], seven["left"], seven["SEX"]) == (date(2010, 5, 6), None, "F")
    assert (seven["placeholder"], nobody["placeholder"]) == (False, True)
    assert seven["known_time"] == seven["revised_time"] == FIRST
    assert {"FNAM", "LNAM", "DOB", "NUM_EMP"}.isdisjoint(seven)


def test_before_the_first_extraction_nothing_was_known(vault: Vault) -> None:
    append(vault, 0, OFFICERS=[officer()])
    before = FIRST - timedelta(days=1)
    assert [found(vault, before).num_rows for found in (officers, assignments, posts_on_cases)] == [0, 0, 0]
    assert events(vault, KINDS, before).num_rows == 0


# --- where an officer served ---------------------------------------------------------------------------


def test_an_assignment_begins_on_the_day_that_iapro_says(vault: Vault) -> None:
    append(vault, 0, OFFICERS=[officer(UNIT_DT_ASSIGNED="2019-04-01 00:00:00")])
    append(vault, 30, OFFICERS=[officer(unit="Traffic", UNIT_DT_ASSIGNED="2026-03-20 00:00:00")])
    assert served(vault) == [
        ("Patrol", date(2019, 4, 1), date(2026, 3, 19)),
        ("Traffic", date(2026, 3, 20), None),
    ]


@pytest.mark.parametrize(
    "said",
    [
        None,
        "1900-01-01 00:00:00",
        "2019-04-01 00:00:00",  # the day of the assignment before, which nobody changed
        "2018-01-01 00:00:00",  # before it
        "2062-03-20 00:00:00",  # after it was known
        "soon",
    ],
)
def test_where_that_day_cannot_be_the_vault_says_when_it_first_knew(vault: Vault, said: str | None) -> None:
    append(vault, 0, OFFICERS=[officer(UNIT_DT_ASSIGNED="2019-04-01 00:00:00")])
    append(vault, 30, OFFICERS=[officer(unit="Traffic", UNIT_DT_ASSIGNED=said)])
    assert served(vault) == [
        ("Patrol", date(2019, 4, 1), date(2026, 3, 30)),
        ("Traffic", date(2026, 3, 31), None),
    ]


@pytest.mark.parametrize(
    "change", [{"TITLE": "Sergeant"}, {"CURRENT_SUP_OFFNUM": "12"}, {"UDTEXT24F": "Night"}], ids=str
)
def test_a_new_rank_supervisor_or_shift_begins_another_assignment(vault: Vault, change: Row) -> None:
    append(vault, 0, OFFICERS=[officer()])
    append(vault, 5, OFFICERS=[officer(**change)])
    assert served(vault) == [("Patrol", FIRST.date(), date(2026, 3, 5)), ("Patrol", date(2026, 3, 6), None)]


def test_what_has_nothing_to_do_with_the_place_begins_none(vault: Vault) -> None:
    append(vault, 0, OFFICERS=[officer()])
    append(vault, 5, OFFICERS=[officer(STATUS="On leave", RACE="W")])
    assert served(vault) == [("Patrol", FIRST.date(), None)]


def test_an_officer_who_leaves_ends_and_a_unit_for_those_who_left_is_no_place(vault: Vault) -> None:
    append(vault, 0, OFFICERS=[officer()])
    append(vault, 30, OFFICERS=[officer(END_EMPLOY_DT="2026-03-15 00:00:00")])
    append(vault, 60, OFFICERS=[officer(unit="Separated", END_EMPLOY_DT="2026-03-15 00:00:00")])
    assert served(vault) == [("Patrol", FIRST.date(), date(2026, 3, 15))]


def test_of_who_had_left_before_the_first_extraction_only_the_end_is_known(vault: Vault) -> None:
    append(vault, 0, OFFICERS=[officer(END_EMPLOY_DT="2015-06-30 00:00:00")])
    assert served(vault) == [("Patrol", None, date(2015, 6, 30))]


def test_a_day_that_is_filled_in_later_corrects_the_start_from_then_on(vault: Vault) -> None:
    append(vault, 0, OFFICERS=[officer()])
    append(vault, 5, OFFICERS=[officer(UNIT_DT_ASSIGNED="2020-02-02 00:00:00")])
    assert served(vault, FIRST) == [("Patrol", FIRST.date(), None)]
    (row,) = assignments(vault).to_pylist()
    assert (row["start"], row["known_time"]) == (date(2020, 2, 2), FIRST)
    assert row["revised_time"] == FIRST + timedelta(days=5)


def test_an_entry_that_iapro_no_longer_has_ends_and_may_begin_again(vault: Vault) -> None:
    append(vault, 0, OFFICERS=[officer()])
    append(vault, 5, OFFICERS=[])
    append(vault, 9, OFFICERS=[officer()])
    assert served(vault) == [("Patrol", FIRST.date(), date(2026, 3, 5)), ("Patrol", date(2026, 3, 10), None)]


day_or_none = st.none() | st.integers(-900, 60).map(lambda n: f"{FIRST.date() + timedelta(days=n)} 00:00:00")
entry = st.builds(
    lambda unit, title, assigned, left: officer(
        unit=unit, TITLE=title, UNIT_DT_ASSIGNED=assigned, END_EMPLOY_DT=left
    ),
    st.sampled_from(["A", "B", "C", None]),
    st.sampled_from(["Officer", "Sergeant"]),
    day_or_none,
    st.one_of(st.none(), st.none(), day_or_none),
)
lives = st.lists(st.tuples(st.sampled_from([0.25, 1, 7]), st.none() | entry), min_size=1, max_size=6)


@settings(max_examples=12, deadline=None)
@given(life=lives)
def test_whatever_iapro_says_no_officer_is_in_two_places_on_one_day(
    life: list[tuple[float, dict[str, str | None] | None]],
) -> None:
    with a_vault() as vault:
        night, then = 0.0, dict[datetime, pa.Table]()
        for days, said in life:
            night += days
            append(vault, night, OFFICERS=[said] if said else [])  # type: ignore[arg-type]
            at = FIRST + timedelta(days=night)
            known_now = assignments(vault, at)
            rows = known_now.to_pylist()
            spans = [(row["start"] or row["end"], row["end"] or date.max) for row in rows]
            assert all(start <= end for start, end in spans)
            assert all(one[1] < two[0] for one, two in pairwise(spans))
            assert all(row["known_time"] <= row["revised_time"] <= at for row in rows)
            then[at] = known_now
        for at, known in then.items():
            assert assignments(vault, at) == known  # what came later does not show


# --- what happened -------------------------------------------------------------------------------------


def case(number: str = "1", kind: str = "Use of force", **more: str | None) -> dict[str, str | None]:
    row = {"INCNUM": number, "INCIDENT_TYPE": kind, "CREATED_DT": "2024-05-08 09:00:00"}
    return row | {"OCCURRED_DT": "2024-05-06 00:00:00", "OCCURRED_TM": "1900-01-01 22:15:00"} | more


LINKS = [
    {"AIO_NUM": "70", "INCNUM": "1", "OFFNUM": "7", "LINK_TYPE": "Officer"},
    {"AIO_NUM": "80", "INCNUM": "1", "OFFNUM": "8", "LINK_TYPE": "Witness Officer"},
]
FORCE = [
    {"AIO_NUM": "70", "INCNUM": "1", "_NTH": str(n), "UOF_FORCE_TYPE": word}
    for n, word in enumerate(("L3-CEW", "L1-Hands", "L1-Hands"))
]


def told(vault: Vault, kind: str, held: datetime | None = None) -> list[Row]:
    return [row for row in events(vault, KINDS, held).to_pylist() if row["kind"] == kind]


def test_three_uses_of_force_by_one_of_two_officers_are_one_event(vault: Vault) -> None:
    append(vault, 0, INCIDENTS=[case()], ASSOC_INC_OFF=LINKS, USES_OF_FORCE=FORCE)
    (event,) = told(vault, "use_of_force")
    assert (event["OFFNUM"], event["INCNUM"], event["AIO_NUM"]) == ("7", "1", "70")
    assert (event["subtype"], event["severity"]) == ("Use of force", "L1-Hands\nL3-CEW")
    assert event["event_time"] == datetime(2024, 5, 6, 22, 15)
    assert (event["known_time"], event["revised_time"]) == (datetime(2024, 5, 8, 9), FIRST)


def test_in_a_pursuit_every_officer_has_an_event_and_the_role_is_told(vault: Vault) -> None:
    append(vault, 0, INCIDENTS=[case(kind="VEHICLE  pursuit ")], ASSOC_INC_OFF=LINKS)
    found = told(vault, "vehicle_pursuits")
    assert [(one["OFFNUM"], one["LINK_TYPE"]) for one in found] == [
        ("7", "Officer"),
        ("8", "Witness Officer"),
    ]


def test_an_officer_whom_somebody_adds_to_a_case_later_is_not_known_before(vault: Vault) -> None:
    append(vault, 0, INCIDENTS=[case(kind="Vehicle pursuit")], ASSOC_INC_OFF=LINKS[:1])
    append(vault, 3, ASSOC_INC_OFF=LINKS)
    first, later = told(vault, "vehicle_pursuits")
    assert first["known_time"] == datetime(2024, 5, 8, 9)
    assert later["known_time"] == later["revised_time"] == FIRST + timedelta(days=3)
    assert [one["OFFNUM"] for one in told(vault, "vehicle_pursuits", FIRST)] == ["7"]


@pytest.mark.parametrize("created", [None, "1900-01-01 00:00:00"])
def test_a_case_without_a_day_of_entry_is_known_since_it_was_pulled(
    vault: Vault, created: str | None
) -> None:
    rows = [case(kind="Vehicle pursuit", CREATED_DT=created)]
    append(vault, 0, INCIDENTS=rows, ASSOC_INC_OFF=LINKS[:1])
    assert [one["known_time"] for one in told(vault, "vehicle_pursuits")] == [FIRST]


def test_a_finding_that_an_appeal_overturned_stands_as_it_was_known_then(vault: Vault) -> None:
    said = {"ALGNUM": "5", "AIO_NUM": "70", "INCNUM": "1", "ALLEGATION": "Rudeness", "ALG_CLASS": "Courtesy"}
    said |= {"CREATED_DT": "2024-05-20 00:00:00"}
    found = {"FINDING": "Sustained", "FINDING_DT": "2024-09-01 00:00:00"}
    appeal = {"FINAL_DISPO": "Not Sustained", "FINAL_DISPO_DT": "2026-03-04 00:00:00"}
    rows = [case(kind="Citizen complaint")]
    append(vault, 0, INCIDENTS=rows, ASSOC_INC_OFF=LINKS, ALLEGATIONS=[said | found])
    append(vault, 5, ALLEGATIONS=[said | found | appeal])
    (before,), (now,) = told(vault, "allegation", FIRST), told(vault, "allegation")
    assert (before["outcome"], before["outcome_time"]) == ("Sustained", datetime(2024, 9, 1))
    assert (now["outcome"], now["outcome_time"]) == ("Not Sustained", datetime(2026, 3, 4))
    assert (now["subtype"], now["severity"], now["OFFNUM"]) == ("Rudeness", "Courtesy", "7")
    assert before["known_time"] == now["known_time"] == datetime(2024, 5, 20)
    assert (before["revised_time"], now["revised_time"]) == (FIRST, FIRST + timedelta(days=5))


@pytest.mark.parametrize(
    ("taken", "known"),
    [
        ("2024-12-24 00:00:00", datetime(2024, 12, 24)),
        ("2024-05-06 00:00:00", datetime(2024, 5, 8, 9)),  # no earlier than its case
        ("2027-01-01 00:00:00", FIRST),  # begins later, was known already
        (None, FIRST),
    ],
)
def test_an_action_is_not_known_before_its_own_day(vault: Vault, taken: str | None, known: datetime) -> None:
    action = {"ATNUM": "3", "AIO_NUM": "70", "INCNUM": "1", "ACTIONTAKEN": "Suspension", "DAYSSUSPENDED": "5"}
    rows = [action | {"ACTIONTAKEN_DT": taken}]
    append(vault, 0, INCIDENTS=[case()], ASSOC_INC_OFF=LINKS, ACTIONS_TAKEN=rows)
    (event,) = told(vault, "action")
    assert (event["subtype"], event["severity"], event["known_time"]) == ("Suspension", "5", known)


def test_awards_and_trainings_are_known_when_they_were_pulled(vault: Vault) -> None:
    award = {
        "OFFNUM": "7",
        "_NTH": "1",
        "AWDT": "2020-01-02 00:00:00",
        "AWTYPE": "Medal",
        "AWCATEGORY": "Merit",
    }
    course = {
        "TRNUM": "4",
        "OFFNUM": "7",
        "TRAIN_DT": "2021-02-03 00:00:00",
        "COURSE": "CIT",
        "PASSED": "Yes",
    }
    append(vault, 0, AWARDS=[award], TRAINING=[course])
    (medal,), (training,) = told(vault, "award"), told(vault, "training")
    assert (medal["number"], medal["subtype"], medal["severity"]) == ("7/1", "Medal", "Merit")
    assert (training["subtype"], training["outcome"]) == ("CIT", "Yes")
    assert medal["known_time"] == training["known_time"] == FIRST


def test_the_unit_on_a_case_is_what_the_form_said(vault: Vault) -> None:
    append(vault, 0, INCIDENTS=[case(UDTEXT24A="Third District", UDTEXT24C="Night")], ASSOC_INC_OFF=LINKS)
    append(vault, 1, OFFICERS=[officer("7", "Traffic")])
    first, second = posts_on_cases(vault).to_pylist()
    assert (first["OFFNUM"], first["UDTEXT24A"], first["UDTEXT24C"]) == ("7", "Third District", "Night")
    assert second["event_time"] == datetime(2024, 5, 6, 22, 15)


few = st.integers(0, 3).map(str)
database = st.fixed_dictionaries(
    {
        "INCIDENTS": st.dictionaries(few, st.sampled_from([*KINDS, "Stop", None])),
        "ASSOC_INC_OFF": st.dictionaries(few, st.tuples(few, few)),
        "USES_OF_FORCE": st.lists(few, max_size=5),
        "ALLEGATIONS": st.dictionaries(few, few),
        "ACTIONS_TAKEN": st.dictionaries(few, few),
    }
)


def as_tables(said: Row) -> dict[str, list[dict[str, str | None]]]:
    case_of = {aio: number for aio, (number, _) in said["ASSOC_INC_OFF"].items()}

    def below(key: str, rows: Mapping[str, str]) -> list[dict[str, str | None]]:
        return [{key: number, "AIO_NUM": aio, "INCNUM": case_of.get(aio)} for number, aio in rows.items()]

    return {
        "INCIDENTS": [
            {"INCNUM": number, "INCIDENT_TYPE": kind} for number, kind in said["INCIDENTS"].items()
        ],
        "ASSOC_INC_OFF": [
            {"AIO_NUM": aio, "INCNUM": number, "OFFNUM": who}
            for aio, (number, who) in said["ASSOC_INC_OFF"].items()
        ],
        "USES_OF_FORCE": [
            {"AIO_NUM": aio, "INCNUM": case_of.get(aio), "_NTH": str(n)}
            for n, aio in enumerate(said["USES_OF_FORCE"])
        ],
        "ALLEGATIONS": below("ALGNUM", said["ALLEGATIONS"]),
        "ACTIONS_TAKEN": below("ATNUM", said["ACTIONS_TAKEN"]),
    }


def expected(said: Row) -> Counter[str]:
    """How many events of each kind, counted without a join."""
    found = Counter({"allegation": len(said["ALLEGATIONS"]), "action": len(said["ACTIONS_TAKEN"])})
    for aio, (number, _) in said["ASSOC_INC_OFF"].items():
        kind = KINDS.get(said["INCIDENTS"].get(number) or "")
        if kind and (kind != "use_of_force" or aio in said["USES_OF_FORCE"]):
            found[kind] += 1
    return +found


@pytest.mark.slow  # a vault for every example
@settings(max_examples=8, deadline=None)
@given(nights=st.lists(database, min_size=1, max_size=4))
def test_whatever_the_database_holds_as_of_a_night_is_what_was_known_that_night_and_nothing_multiplies(
    nights: list[Row],
) -> None:
    readers: list[Callable[..., pa.Table]] = [
        lambda vault, held=None: events(vault, KINDS, held),
        posts_on_cases,
    ]
    with a_vault() as vault:
        then = []
        for night, said in enumerate(nights):
            append(vault, night, **as_tables(said))
            then.append([read(vault) for read in readers])
        for night, (said, before) in enumerate(zip(nights, then, strict=True)):
            at = FIRST + timedelta(days=night)
            again = [read(vault, at) for read in readers]
            assert again == before  # what came later does not show
            assert again[0].schema == EVENTS
            assert Counter(again[0].column("kind").to_pylist()) == expected(said)
            assert again[1].num_rows == len(said["ASSOC_INC_OFF"])
            for rows in again:
                assert all(one <= at for one in rows.column("revised_time").to_pylist() if one)


def test_a_whole_department_has_as_many_events_as_its_database_has_rows(iapro: Path, vaults: Vaults) -> None:
    vaults.fill(sqlite_url(iapro))
    vault = vaults.open()
    found = Counter(events(vault, {"Vehicle pursuit": "pursuit"}).column("kind").to_pylist())
    pursuits = "SELECT count(*) FROM ASSOC_INC_OFF o JOIN INCIDENTS i ON i.INCNUM = o.INCNUM"
    asked = {
        "allegation": "SELECT count(*) FROM ALLEGATIONS",
        "action": "SELECT count(*) FROM ACTIONS_TAKEN",
        "award": "SELECT count(*) FROM AWARDS",
        "training": "SELECT count(*) FROM TRAINING",
        "pursuit": f"{pursuits} WHERE i.INCIDENT_TYPE LIKE '%Vehicle pursuit%'",
    }
    assert found == {kind: ask(iapro, question)[0][0] for kind, question in asked.items()}
    [[roster]] = ask(iapro, "SELECT count(*) FROM OFFICERS")
    assert officers(vault).num_rows == assignments(vault).num_rows == roster
    known = events(vault, {"Vehicle pursuit": "pursuit"})
    assert min(known.column("known_time").to_pylist()) < datetime(2026, 1, 1)

"""IAPro's rows come into the vault whole, once, and again only where something changed."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest
from iapro_servers import NIGHT, Vaults, ask, change, over_postgres, over_tds, sqlite_url, tds_url

from openbeat.errors import ConnectionLost, OpenBeatError, UnreadableSource, WrongSettings
from openbeat.sources.iapro.catalogue import catalogue
from openbeat.sources.iapro.connection import open_source
from openbeat.sources.iapro.pages import numbered
from openbeat.sources.iapro.pull import is_open, pull
from openbeat.sources.iapro.site import read_site
from openbeat.sources.iapro.state import Run, Tally, heartbeat
from openbeat.synth.tds import TdsServer


def texts(rows: pa.Table) -> list[dict[str, str | None]]:
    found: list[dict[str, str | None]] = rows.to_pylist()
    return found


def changed(run: Run) -> dict[str, tuple[int, int, int]]:
    """What a run did to each table: new, revised, gone; tables to which it did nothing are left out."""
    done = {name: (tally.new, tally.revised, tally.gone) for name, tally in run.tables.items()}
    return {name: counts for name, counts in done.items() if any(counts)}


def completed(file: Path) -> int:
    """An incident that was completed and has not moved for half a year, with officers and people in it."""
    [[number]] = ask(
        file,
        """SELECT i.INCNUM FROM INCIDENTS i JOIN ASSOC_INC_OFF o ON o.INCNUM = i.INCNUM
           JOIN ALLEGATIONS a ON a.AIO_NUM = o.AIO_NUM JOIN ASSOC_INC_CIT c ON c.INCNUM = i.INCNUM
           WHERE i.STATUS = 'Completed' AND i.COMPLETED_DT < '2026-01-01' AND i.CREATED_DT < '2026-01-01'
           AND coalesce(a.FINAL_DISPO_DT, a.FINDING_DT, '') < '2026-01-01'
           AND coalesce(i.FIELD_STATUS, '') NOT IN ('In chain', 'Initial entry') ORDER BY 1 LIMIT 1""",
    )
    assert isinstance(number, int)
    return number


# --- what the first extraction brings ------------------------------------------------------------------


def test_the_vault_holds_every_row_of_every_table_once(iapro: Path, vaults: Vaults) -> None:
    found = vaults.fill(sqlite_url(iapro))
    for name in catalogue():
        [[rows]] = ask(iapro, f"SELECT count(*) FROM {name}")
        assert vaults.open().rows(f"iapro.{name}").num_rows == rows, name
        assert found.run.tables[name] == Tally(
            read=found.run.tables[name].read, new=rows, same=found.run.tables[name].same
        )
    assert found.run.full
    assert found.run.incidents == ask(iapro, "SELECT count(*) FROM INCIDENTS")[0][0]


def test_a_row_says_in_the_vault_what_it_says_in_the_database(iapro: Path, vaults: Vaults) -> None:
    vaults.fill(sqlite_url(iapro))
    held = {row["ALGNUM"]: row for row in texts(vaults.open().rows("iapro.ALLEGATIONS"))}
    said = ask(
        iapro,
        """SELECT a.ALGNUM, o.INCNUM, a.FINDING, a.FINDING_DT, a.CREATED_DT
           FROM ALLEGATIONS a JOIN ASSOC_INC_OFF o USING (AIO_NUM)""",
    )
    assert len(said) == len(held) > 5
    for number, incident, finding, found_on, created in said:
        row = held[str(number)]
        assert (row["INCNUM"], row["FINDING"], row["FINDING_DT"]) == (str(incident), finding, found_on)
        assert str(row["_known"]) == created
        assert str(row["_event"]) == str(found_on)


def test_nothing_that_is_never_asked_for_is_in_the_vault(iapro: Path, vaults: Vaults) -> None:
    vaults.fill(sqlite_url(iapro))
    for name, rows in vaults.rows().items():
        if table := catalogue().get(name.removeprefix("iapro.")):
            assert not set(rows.column_names) & set(table.never)
        assert not any("canary" in str(cell).lower() for row in texts(rows) for cell in row.values()), name
    assert ask(iapro, "SELECT count(*) FROM OFFICERS WHERE lower(LNAM) LIKE '%canary%'")[0][0] > 0


def test_three_officers_and_four_people_of_one_incident_stay_three_and_four(
    iapro: Path, vaults: Vaults
) -> None:
    number = completed(iapro)
    [[officer]] = ask(iapro, "SELECT max(AIO_NUM) FROM ASSOC_INC_OFF")
    [[person]] = ask(iapro, "SELECT max(CITNUM) FROM CITIZENS")
    for more in (1, 2, 3):
        change(
            iapro,
            "INSERT INTO ASSOC_INC_OFF (AIO_NUM, INCNUM, OFFNUM) VALUES (?, ?, 1001)",
            officer + more,
            number,
        )
        change(
            iapro, "INSERT INTO USES_OF_FORCE (AIO_NUM, UOF_FORCE_TYPE) VALUES (?, 'Hands')", officer + more
        )
        change(iapro, "INSERT INTO ASSOC_INC_CIT (INCNUM, CITNUM) VALUES (?, ?)", number, person + 1 - more)
    vaults.fill(sqlite_url(iapro))
    for name in ("ASSOC_INC_OFF", "ASSOC_INC_CIT"):
        [[there]] = ask(iapro, f"SELECT count(*) FROM {name} WHERE INCNUM = ?", number)
        held = [row for row in texts(vaults.open().rows(f"iapro.{name}")) if row["INCNUM"] == str(number)]
        assert len(held) == there >= 4 - (name == "ASSOC_INC_CIT")
    force = [row for row in texts(vaults.open().rows("iapro.USES_OF_FORCE")) if row["INCNUM"] == str(number)]
    assert sum(row["UOF_FORCE_TYPE"] == "Hands" for row in force) == 3


def test_rows_without_a_key_of_their_own_are_numbered_by_what_they_say() -> None:
    rows = pa.table(
        {"AIO_NUM": ["8", "7", "7", "7", "8"], "UOF_FORCE_TYPE": ["Taser", "Hands", "Baton", "Hands", None]}
    )
    assert numbered(rows, ["AIO_NUM"]).to_pylist() == [
        {"AIO_NUM": "7", "UOF_FORCE_TYPE": "Baton", "_NTH": "1"},
        {"AIO_NUM": "7", "UOF_FORCE_TYPE": "Hands", "_NTH": "2"},
        {"AIO_NUM": "7", "UOF_FORCE_TYPE": "Hands", "_NTH": "3"},
        {"AIO_NUM": "8", "UOF_FORCE_TYPE": "Taser", "_NTH": "1"},
        {"AIO_NUM": "8", "UOF_FORCE_TYPE": None, "_NTH": "2"},
    ]


def test_sqlite_sql_server_and_postgresql_give_the_same_vault(
    iapro: Path, vaults: Vaults, department: Mapping[str, pa.Table], postgres: Path
) -> None:
    vaults.fill(sqlite_url(iapro), "sqlite")
    vaults.fill(over_postgres(postgres, department, "same"), "postgresql")
    with over_tds(iapro) as (url, _):
        vaults.fill(url, "tds")
    assert vaults.rows("sqlite") == vaults.rows("postgresql") == vaults.rows("tds")


def test_the_fast_driver_for_sql_server_gives_the_same_vault(iapro: Path, vaults: Vaults) -> None:
    pytest.importorskip("arrow_odbc", reason="needs the extra arrow-odbc")
    vaults.fill(sqlite_url(iapro), "sqlite")
    with over_tds(iapro) as (_, server):
        url = tds_url(server, "mssql+odbc") + "?driver=FreeTDS"
        try:
            vaults.fill(url, "odbc")
        except ConnectionLost:
            if not server.statements:
                pytest.skip("needs FreeTDS' driver for ODBC: Debian's tdsodbc")
            raise
    assert vaults.rows("sqlite") == vaults.rows("odbc")


# --- what later extractions bring ----------------------------------------------------------------------


def test_a_second_run_asks_only_for_the_window_and_changes_nothing(iapro: Path, vaults: Vaults) -> None:
    with over_tds(iapro) as (url, server):
        first = vaults.fill(url)
        server.statements.clear()
        before = vaults.rows()
        second = vaults.fill(url, night=1)
    assert not second.run.full
    assert second.run.since == datetime(2026, 6, 28)
    assert changed(second.run) == {}
    assert vaults.rows() == before
    expected = ask(
        iapro,
        """SELECT DISTINCT i.INCNUM FROM INCIDENTS i LEFT JOIN ASSOC_INC_OFF o ON o.INCNUM = i.INCNUM
           LEFT JOIN ALLEGATIONS a ON a.AIO_NUM = o.AIO_NUM LEFT JOIN ACTIONS_TAKEN t ON t.AIO_NUM = o.AIO_NUM
           WHERE lower(trim(coalesce(i.STATUS, ''))) <> 'completed'
           OR lower(trim(i.FIELD_STATUS)) IN ('in chain', 'initial entry')
           OR max(coalesce(i.CREATED_DT, ''), coalesce(i.RECEIVED_DT, ''), coalesce(i.OPEN_DT, ''),
                  coalesce(i.ASSIGNED_DT, ''), coalesce(i.COMPLETED_DT, ''), coalesce(a.CREATED_DT, ''),
                  coalesce(a.FINDING_DT, ''), coalesce(a.FINAL_DISPO_DT, ''), coalesce(t.ACTIONTAKEN_DT, ''))
              >= '2026-06-28'""",
    )
    asked = incidents_asked_for(server)
    assert asked == {number for (number,) in expected}
    assert second.run.incidents == len(asked) < first.run.incidents
    assert not [said for said in server.statements if "BETWEEN" in said.text]


def incidents_asked_for(server: TdsServer) -> set[object]:
    """The incident numbers in the lists that the server was sent."""
    return {
        value
        for said in server.statements
        if "[INCIDENTS].[INCNUM] IN (" in said.text
        for value in said.parameters.values()
    }


def test_an_appeal_revises_the_finding_and_the_vault_keeps_the_earlier_one(
    iapro: Path, vaults: Vaults
) -> None:
    vaults.fill(sqlite_url(iapro))
    number = completed(iapro)
    [[allegation]] = ask(
        iapro,
        "SELECT min(ALGNUM) FROM ALLEGATIONS JOIN ASSOC_INC_OFF USING (AIO_NUM) WHERE INCNUM = ?",
        number,
    )
    change(
        iapro,
        "UPDATE ALLEGATIONS SET FINDING = 'Overturned', FINDING_DT = '2026-07-01 10:00:00' WHERE ALGNUM = ?",
        allegation,
    )
    assert changed(vaults.fill(sqlite_url(iapro), night=1).run) == {"ALLEGATIONS": (0, 1, 0)}
    versions = [
        (row["FINDING"], row["_revised"])
        for row in texts(vaults.rows()["iapro.ALLEGATIONS"])
        if row["ALGNUM"] == str(allegation)
    ]
    assert [when for _, when in versions] == [NIGHT, NIGHT.replace(day=2)]
    assert versions[1][0] == "Overturned" != versions[0][0]


def test_a_corrected_force_code_leaves_no_stale_row(iapro: Path, vaults: Vaults) -> None:
    vaults.fill(sqlite_url(iapro))
    [[row, link]] = ask(
        iapro,
        """SELECT u.rowid, u.AIO_NUM FROM USES_OF_FORCE u JOIN ASSOC_INC_OFF USING (AIO_NUM)
           JOIN INCIDENTS i USING (INCNUM) WHERE i.STATUS = 'Active' LIMIT 1""",
    )
    change(iapro, "UPDATE USES_OF_FORCE SET UOF_FORCE_TYPE = 'Corrected' WHERE rowid = ?", row)
    vaults.fill(sqlite_url(iapro), night=1)
    held = [
        one["UOF_FORCE_TYPE"]
        for one in texts(vaults.open().rows("iapro.USES_OF_FORCE"))
        if one["AIO_NUM"] == str(link)
    ]
    there = [one for (one,) in ask(iapro, "SELECT UOF_FORCE_TYPE FROM USES_OF_FORCE WHERE AIO_NUM = ?", link)]
    assert sorted(map(str, held)) == sorted(map(str, there))


def test_a_code_corrected_in_an_old_case_is_found_by_the_next_sweep(iapro: Path, vaults: Vaults) -> None:
    vaults.fill(sqlite_url(iapro))
    change(iapro, "UPDATE INCIDENTS SET UOF_REASON = 'Corrected' WHERE INCNUM = ?", completed(iapro))
    assert changed(vaults.fill(sqlite_url(iapro), night=1).run) == {}
    assert changed(vaults.fill(sqlite_url(iapro), night=29).run) == {}
    swept = vaults.fill(sqlite_url(iapro), night=30)
    assert swept.run.full
    assert changed(swept.run) == {"INCIDENTS": (0, 1, 0)}


def test_a_deleted_allegation_of_an_open_case_is_gone_after_the_next_run(iapro: Path, vaults: Vaults) -> None:
    vaults.fill(sqlite_url(iapro))
    [[allegation]] = ask(
        iapro,
        """SELECT min(a.ALGNUM) FROM ALLEGATIONS a JOIN ASSOC_INC_OFF USING (AIO_NUM)
           JOIN INCIDENTS i USING (INCNUM) LEFT JOIN ACTIONS_TAKEN t ON t.ALGNUM = a.ALGNUM
           WHERE i.STATUS = 'Active' AND t.ALGNUM IS NULL""",
    )
    assert change(iapro, "DELETE FROM ALLEGATIONS WHERE ALGNUM = ?", allegation) == 1
    assert changed(vaults.fill(sqlite_url(iapro), night=1).run) == {"ALLEGATIONS": (0, 0, 1)}


@pytest.mark.parametrize("which", ["min", "max", "completed"])
def test_a_deleted_incident_is_gone_with_all_that_hung_on_it_after_a_full_run(
    iapro: Path, vaults: Vaults, which: str
) -> None:
    vaults.fill(sqlite_url(iapro))
    number = (
        completed(iapro)
        if which == "completed"
        else ask(iapro, f"SELECT {which}(INCNUM) FROM INCIDENTS")[0][0]
    )
    for name in ("USES_OF_FORCE", "ALLEGATIONS", "ACTIONS_TAKEN"):
        change(
            iapro,
            f"DELETE FROM {name} WHERE AIO_NUM IN (SELECT AIO_NUM FROM ASSOC_INC_OFF WHERE INCNUM = ?)",
            number,
        )
    for name in ("ASSOC_INC_OFF", "ASSOC_INC_CIT", "INCIDENTS"):
        change(iapro, f"DELETE FROM {name} WHERE INCNUM = ?", number)
    vaults.fill(sqlite_url(iapro), night=1, full=True)
    vaults.fill(sqlite_url(iapro), "fresh", night=1)
    for name in catalogue():
        held = vaults.open().rows(f"iapro.{name}").drop_columns(["_known", "_revised"])
        fresh = vaults.open("fresh").rows(f"iapro.{name}").drop_columns(["_known", "_revised"])
        linked = {row["CITNUM"] for row in texts(vaults.open().rows("iapro.ASSOC_INC_CIT"))}
        assert held.equals(fresh), name
        if name == "CITIZENS":
            assert {row["CITNUM"] for row in texts(held)} <= linked


def test_a_person_who_is_linked_to_two_incidents_is_held_once(iapro: Path, vaults: Vaults) -> None:
    [[person]] = ask(iapro, "SELECT min(CITNUM) FROM ASSOC_INC_CIT")
    for (number,) in ask(iapro, "SELECT INCNUM FROM INCIDENTS"):
        change(
            iapro,
            "INSERT INTO ASSOC_INC_CIT (INCNUM, CITNUM, LINK_TYPE) VALUES (?, ?, 'Witness')",
            number,
            person,
        )
    change(iapro, "UPDATE INCIDENTS SET STATUS = 'Active'")  # so that the second run reads all by lists
    vaults.fill(sqlite_url(iapro))
    second = vaults.fill(sqlite_url(iapro), night=1, page=1_000)
    assert changed(second.run) == {}
    assert (
        second.run.incidents > 200
        or second.run.incidents == ask(iapro, "SELECT count(*) FROM INCIDENTS")[0][0]
    )
    assert [row["CITNUM"] for row in texts(vaults.open().rows("iapro.CITIZENS"))].count(str(person)) == 1


def test_an_officer_who_was_deleted_is_gone_after_the_next_run(iapro: Path, vaults: Vaults) -> None:
    vaults.fill(sqlite_url(iapro))
    [[officer, awards, courses]] = ask(
        iapro,
        """SELECT OFFNUM, (SELECT count(*) FROM AWARDS a WHERE a.OFFNUM = o.OFFNUM),
           (SELECT count(*) FROM TRAINING t WHERE t.OFFNUM = o.OFFNUM)
           FROM OFFICERS o ORDER BY 2 DESC LIMIT 1""",
    )
    for name in ("AWARDS", "TRAINING", "OFFICERS"):
        change(iapro, f"DELETE FROM {name} WHERE OFFNUM = ?", officer)
    vanished = {"OFFICERS": (0, 0, 1), "AWARDS": (0, 0, awards), "TRAINING": (0, 0, courses)}
    expected = {name: counts for name, counts in vanished.items() if any(counts)}
    assert changed(vaults.fill(sqlite_url(iapro), night=1).run) == expected


def test_what_is_read_again_is_remembered_as_numbers_alone(iapro: Path, vaults: Vaults) -> None:
    vaults.fill(sqlite_url(iapro))
    said = ask(iapro, "SELECT INCNUM, STATUS, FIELD_STATUS FROM INCIDENTS")
    still = {str(number) for number, status, field_status in said if is_open(status, field_status)}
    rows = vaults.open().rows("iapro._OPEN")
    assert rows.column_names == ["INCNUM", "_event", "_known", "_revised"]
    assert set(rows["INCNUM"].to_pylist()) == still
    assert 0 < len(still) < len(said)


def test_a_site_can_say_itself_which_cases_are_open(iapro: Path, vaults: Vaults) -> None:
    vaults.fill(sqlite_url(iapro), open_status=lambda status, field_status: False)
    [[recent]] = ask(iapro, "SELECT count(*) FROM INCIDENTS WHERE CREATED_DT >= '2026-06-28'")
    assert vaults.open().rows("iapro._OPEN").num_rows == 0
    assert vaults.fill(sqlite_url(iapro), night=1).run.incidents < 30 + recent


@pytest.mark.parametrize(
    ("status", "field_status", "still_open"),
    [
        ("Completed", None, False),
        ("COMPLETED ", "Released", False),
        ("Completed", "In chain", True),
        ("Completed", " initial  entry", True),
        ("Active", None, True),
        (None, None, True),
        ("", "", True),
    ],
)
def test_a_case_is_open_until_it_is_completed_and_its_form_released(
    status: str | None, field_status: str | None, still_open: bool
) -> None:
    assert is_open(status, field_status) is still_open


# --- interruptions -------------------------------------------------------------------------------------


def undisturbed(file: Path, vaults: Vaults) -> tuple[dict[str, pa.Table], int]:
    """What one run without a fault brings, and how many packets the server sends for it."""
    sent = 0

    def count(packet: int) -> bool:
        nonlocal sent
        sent = packet
        return False

    with over_tds(file, cut=count) as (url, _):
        vaults.fill(url, "undisturbed")
    return vaults.rows("undisturbed"), sent


def disturbed(file: Path, vaults: Vaults, seed: int, packets: int) -> dict[str, pa.Table]:
    """What comes of runs whose connection is cut at a random packet, sometimes so often that they give up."""
    chance = random.Random(seed)
    first, times = chance.randint(1, packets), chance.choice([1, 1, 2, 5])
    name, page = f"cut {seed}", chance.choice([20, 50, 1000])
    with over_tds(file, cut=lambda packet: first <= packet < first + times) as (url, _):
        for _ in range(6):
            try:
                vaults.fill(url, name, night=chance.choice([0, 1]), page=page)
                break
            except ConnectionLost:
                continue
        else:
            pytest.fail("six runs did not bring it to an end")
    rows = vaults.rows(name)
    vaults.drop(name)
    return rows


def without_times(rows: dict[str, pa.Table]) -> dict[str, pa.Table]:
    return {name: table.drop_columns(["_known", "_revised"]) for name, table in rows.items()}


def test_a_connection_cut_at_random_points_gives_the_vault_of_an_undisturbed_run(
    iapro: Path, vaults: Vaults
) -> None:
    expected, packets = undisturbed(iapro, vaults)
    for seed in range(3):
        assert without_times(disturbed(iapro, vaults, seed, packets)) == without_times(expected), (
            f"seed {seed}"
        )


@pytest.mark.slow
def test_a_connection_cut_at_a_hundred_random_points_gives_it_too(iapro: Path, vaults: Vaults) -> None:
    expected, packets = undisturbed(iapro, vaults)
    for seed in range(100, 200):
        assert without_times(disturbed(iapro, vaults, seed, packets)) == without_times(expected), (
            f"seed {seed}"
        )


def test_a_connection_that_stays_broken_is_told_with_the_page_to_go_on_from(
    iapro: Path, vaults: Vaults
) -> None:
    waited: list[float] = []
    with over_tds(iapro, cut=lambda packet: packet > 60) as (url, _), pytest.raises(ConnectionLost) as told:
        vaults.fill(url, wait=waited.append)
    page = heartbeat(vaults.state()).running
    assert page is not None
    assert page.pages > 1
    assert f"it goes on from page {page.pages + 1}" in str(told.value)
    assert waited == [1.0, 2.0, 4.0]
    with over_tds(iapro) as (url, server):
        vaults.fill(url)
        assert not [said for said in server.statements if said.text.endswith("FROM [IA_ADM].[OFFICERS]")]


def killed(file: Path, vaults: Vaults, where: str, count: int) -> None:
    """An extraction in another process, killed there."""
    script = Path(__file__).with_name("iapro_child.py")
    done = subprocess.run([sys.executable, script, file, vaults.folder, where, str(count)], timeout=60)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("page", [1, 3])
def test_a_process_killed_between_two_pages_is_gone_on_with(iapro: Path, vaults: Vaults, page: int) -> None:
    vaults.fill(sqlite_url(iapro), "undisturbed")
    killed(iapro, vaults, "between pages", page)
    pages: list[int] = []
    vaults.fill(sqlite_url(iapro), night=1, progress=lambda run: pages.append(run.pages))
    assert pages[0] == page + 1
    assert vaults.rows() == vaults.rows("undisturbed")


def test_a_process_killed_between_vault_and_state_reads_one_page_twice_and_changes_nothing(
    iapro: Path, vaults: Vaults
) -> None:
    vaults.fill(sqlite_url(iapro), "undisturbed")
    killed(iapro, vaults, "before the state", 5)
    assert changed(vaults.fill(sqlite_url(iapro)).run)["INCIDENTS"][1:] == (0, 0)
    assert vaults.rows() == vaults.rows("undisturbed")


# --- the state file ------------------------------------------------------------------------------------


def test_losing_the_state_costs_a_full_read_and_changes_nothing(iapro: Path, vaults: Vaults) -> None:
    vaults.fill(sqlite_url(iapro))
    before = vaults.rows()
    vaults.state().unlink()
    again = vaults.fill(sqlite_url(iapro), night=1)
    assert again.run.full
    assert changed(again.run) == {}
    assert vaults.rows() == before


def test_losing_the_vault_is_noticed_and_costs_a_full_read(iapro: Path, vaults: Vaults) -> None:
    vaults.fill(sqlite_url(iapro))
    before = vaults.rows()
    state = vaults.state().read_bytes()
    vaults.drop("one")
    vaults.state().write_bytes(state)
    assert vaults.fill(sqlite_url(iapro), night=1).run.full
    assert without_times(vaults.rows()) == without_times(before)


def test_a_damaged_state_is_told_and_not_guessed_at(iapro: Path, vaults: Vaults) -> None:
    vaults.fill(sqlite_url(iapro))
    vaults.state().write_text('{"running": 7}', "utf-8")
    with pytest.raises(WrongSettings, match="delete it"):
        vaults.fill(sqlite_url(iapro))


def test_the_heartbeat_says_when_and_how_much_and_nothing_about_anybody(iapro: Path, vaults: Vaults) -> None:
    assert heartbeat(vaults.state()).contact is None
    found = vaults.fill(sqlite_url(iapro))
    pulse = heartbeat(vaults.state())
    assert pulse.finished == found.run
    assert pulse.running is None
    assert pulse.swept == NIGHT
    assert pulse.contact is not None
    assert pulse.contact >= NIGHT
    assert found.run.rows == sum(tally.read for tally in found.run.tables.values())
    said = json.loads(vaults.state().read_text("utf-8"))
    assert set(said) == {"contact", "running", "finished", "swept"}
    assert set(said["finished"]) == {one.name for one in fields(Run)}
    assert set(said["finished"]["tables"]) == set(catalogue())
    assert vaults.state().stat().st_mode & 0o777 == 0o600


def test_two_extractions_at_once_are_refused(iapro: Path, vaults: Vaults) -> None:
    def another(run: Run) -> None:
        with pytest.raises(OpenBeatError, match="another extraction is under way"):
            vaults.fill(sqlite_url(iapro))

    vaults.fill(sqlite_url(iapro), progress=another)


def test_a_dry_run_counts_and_touches_nothing(iapro: Path, vaults: Vaults, tmp_path: Path) -> None:
    with open_source(sqlite_url(iapro)) as source:
        found = pull(source, None, read_site(source), state=tmp_path / "state.json", now=NIGHT, page=40)
    real = vaults.fill(sqlite_url(iapro), page=40)
    assert {name: tally.read for name, tally in found.run.tables.items()} == {
        name: tally.read for name, tally in real.run.tables.items()
    }
    assert not (tmp_path / "state.json").exists()


# --- odd databases -------------------------------------------------------------------------------------


def test_tables_that_a_site_does_not_have_are_named_and_the_rest_is_read(iapro: Path, vaults: Vaults) -> None:
    for name in ("TRAINING", "AWARDS", "USES_OF_FORCE"):
        change(iapro, f"DROP TABLE {name}")
    found = vaults.fill(sqlite_url(iapro))
    assert found.absent == ("USES_OF_FORCE", "AWARDS", "TRAINING")
    assert "iapro.ALLEGATIONS" in vaults.open().tables()


def test_rows_that_cannot_be_told_apart_are_counted_and_left_out(iapro: Path, vaults: Vaults) -> None:
    number = completed(iapro)
    change(iapro, "INSERT INTO ASSOC_INC_CIT (INCNUM, CITNUM, LINK_TYPE) VALUES (?, NULL, 'Witness')", number)
    assert vaults.fill(sqlite_url(iapro)).run.tables["ASSOC_INC_CIT"].unkeyed == 1


def test_rows_of_an_incident_that_is_not_there_are_counted_and_left_out(iapro: Path, vaults: Vaults) -> None:
    number = completed(iapro)
    change(iapro, "DELETE FROM INCIDENTS WHERE INCNUM = ?", number)
    [[links]] = ask(iapro, "SELECT count(*) FROM ASSOC_INC_OFF WHERE INCNUM = ?", number)
    assert vaults.fill(sqlite_url(iapro), page=1000).run.tables["ASSOC_INC_OFF"].astray == links > 0


def test_incident_numbers_kept_as_text_are_refused_with_a_way_out(vaults: Vaults, tmp_path: Path) -> None:
    file = tmp_path / "text.sqlite"
    change(file, "CREATE TABLE INCIDENTS (INCNUM VARCHAR(10), CREATED_DT DATETIME)")
    for number in ("9", "10", "11"):
        change(file, "INSERT INTO INCIDENTS VALUES (?, '2020-01-01')", number)
    with pytest.raises(UnreadableSource, match="sorted as text"):
        vaults.fill(sqlite_url(file))


def test_a_moment_that_is_none_is_kept_as_it_stands(iapro: Path, vaults: Vaults) -> None:
    number = completed(iapro)
    change(
        iapro, "UPDATE INCIDENTS SET OCCURRED_DT = '5/4/2019', CREATED_DT = 'NULL' WHERE INCNUM = ?", number
    )
    vaults.fill(sqlite_url(iapro))
    [row] = [row for row in texts(vaults.open().rows("iapro.INCIDENTS")) if row["INCNUM"] == str(number)]
    assert (row["OCCURRED_DT"], row["CREATED_DT"]) == ("5/4/2019", "NULL")
    assert row["_event"] is None
    assert str(row["_known"]) == str(NIGHT)

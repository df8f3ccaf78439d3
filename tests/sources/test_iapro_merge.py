"""Exports beside the live database: a case that both have comes once, and what IAPro withdrew stays away."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from export_writing import write_csv
from iapro_servers import NIGHT, Vaults, ask, sqlite_url

from openbeat.errors import VaultFault
from openbeat.sources.iapro import Gate, rows_of, view
from openbeat.sources.iapro.catalogue import catalogue
from openbeat.sources.iapro.events import events
from openbeat.sources.iapro.exports import read_export, take_in, with_status, without_status
from openbeat.sources.iapro.service import officers
from openbeat.sources.iapro.state import Run
from openbeat.vault import Held, Vault, VaultKey, open_vault

START = datetime(2026, 3, 1, 3)
SUMMER_ENDS = datetime(2026, 11, 1, 1, 30)
GATE = Gate(dataset="use_of_force", types={"Use of force": "use_of_force"})
PACKED = {"INCIDENT_TYPE": "Use of force", "STATUS": "Completed", "Force type": "Hands"}


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return open_vault(tmp_path / "vault", VaultKey(bytes(range(32))))


def live(vault: Vault, day: int, **tables: Sequence[Mapping[str, str]]) -> None:
    """What IAPro itself has on a day; rows that it no longer has are gone."""
    held = {}
    for name, rows in tables.items():
        spec = catalogue()[name]
        columns = dict.fromkeys((*spec.key, *(name for row in rows for name in row)))
        text = pa.table({one: pa.array([row.get(one) for row in rows], pa.string()) for one in columns})
        known = (
            vault.values(f"iapro.{name}", spec.key[0]) if f"iapro.{name}" in vault.tables() else frozenset()
        )
        held[f"iapro.{name}"] = Held(rows=text, key=spec.key, within=(spec.key[0], known))
    vault.append(held, at=START + timedelta(days=day))


def live_case(number: str, file: str | None = None) -> dict[str, str]:
    said = {"INCNUM": number, "INCIDENT_TYPE": "Use of force", "STATUS": "Completed", "DISPOSITION": "live"}
    return said | ({"FILENUM": file} if file is not None else {})


def packed(folder: Path, *files: str, officer: str = "Ofc. A Canary") -> Path:
    """A file of the query window, with one use of force by one officer in each case."""
    folder.mkdir(exist_ok=True)
    rows = [PACKED | {"FILENUM": file, "Officer": officer, "DISPOSITION": "exported"} for file in files]
    return write_csv(folder / "query.csv", rows)


def indianapolis(folder: Path, *numbers: str, officer: str = "7") -> Path:
    folder.mkdir(exist_ok=True)
    said = {"UOF_FORCE_TYPE": "Hands", "OFFNUM": officer, "OFF_RACE": "White", "DISPOSITION": "exported"}
    rows = [{"INCNUM": number, "OCCURRED_DT": "2016/07/04 04:00:00+00"} | said for number in numbers]
    return write_csv(folder / "7.csv", rows)


def bring(vault: Vault, day: int, way: str, *files: Path, status: str | None = "Completed") -> dict[str, int]:
    """What an import of the files adds, changes or takes away, by table."""
    tables = with_status(read_export(list(files), way).tables, status)
    counts = take_in(vault, tables, at=START + timedelta(days=day))
    return {name: one.new + one.revised + one.gone for name, one in counts.items()}


def cases(vault: Vault, table: str = "incidents", held: datetime | None = None) -> list[str | None]:
    """What became of each case that the view has, in order."""
    seen = view(rows_of(vault, held), "use_of_force", table, {"INCIDENTS.DISPOSITION"}, GATE)
    words: list[str | None] = seen.rows.column("INCIDENTS.DISPOSITION").to_pylist()
    return sorted(words, key=str)


@pytest.mark.parametrize("file", ["IA-1", " ia-1 ", "IA-1    "])
def test_a_case_with_the_file_number_of_a_live_one_comes_once_from_iapro(
    vault: Vault, tmp_path: Path, file: str
) -> None:
    bring(vault, 0, "packed", packed(tmp_path / "a", "IA-1", "IA-2"))
    assert cases(vault) == ["exported", "exported"]
    live(vault, 1, INCIDENTS=[live_case("1", file)])
    assert cases(vault) == ["exported", "live"]
    assert cases(vault, "officers") == cases(vault, "actions") == cases(vault, "force") == ["exported"]


def test_a_case_with_the_number_of_a_live_one_comes_once_though_the_files_have_no_file_number(
    vault: Vault, tmp_path: Path
) -> None:
    live(vault, 0, INCIDENTS=[live_case("501", "IA-1")])
    bring(vault, 1, "indianapolis", indianapolis(tmp_path / "a", "501", "502"))
    assert cases(vault) == ["exported", "live"]
    assert cases(vault, "officers") == ["exported"]


@pytest.mark.parametrize("blank", ["", "  ", "NULL", None])
def test_cases_without_a_file_number_are_not_one_case(
    vault: Vault, tmp_path: Path, blank: str | None
) -> None:
    live(vault, 0, INCIDENTS=[live_case("1", blank)])
    bring(vault, 1, "packed", packed(tmp_path / "a", "IA-1"))
    assert cases(vault) == ["exported", "live"]


def test_a_case_that_iapro_once_had_and_withdrew_is_not_brought_back_by_an_export(
    vault: Vault, tmp_path: Path
) -> None:
    live(vault, 0, INCIDENTS=[live_case("1", "IA-1"), live_case("2", "IA-2")])
    bring(vault, 1, "packed", packed(tmp_path / "a", "IA-1", "IA-2"))
    live(vault, 2, INCIDENTS=[live_case("2", "IA-2")])
    assert cases(vault) == ["live"]
    assert cases(vault, held=START + timedelta(days=1)) == ["live", "live"]


def test_a_file_number_that_iapro_corrected_no_longer_stands_for_the_case(
    vault: Vault, tmp_path: Path
) -> None:
    live(vault, 0, INCIDENTS=[live_case("1", "IA-1")])
    live(vault, 1, INCIDENTS=[live_case("1", "IA-10")])
    bring(vault, 2, "packed", packed(tmp_path / "a", "IA-1", "IA-10"))
    assert cases(vault) == ["exported", "live"]


def test_where_iapro_lacks_a_table_an_export_does_not_fill_it_for_live_cases(
    vault: Vault, tmp_path: Path
) -> None:
    live(vault, 0, INCIDENTS=[live_case("501")])  # no officers, no force at this site
    bring(vault, 1, "indianapolis", indianapolis(tmp_path / "a", "501"))
    assert cases(vault, "officers") == cases(vault, "actions") == []


def test_officers_of_exported_cases_are_nobody_on_a_live_roster(vault: Vault, tmp_path: Path) -> None:
    bring(vault, 0, "packed", packed(tmp_path / "a", "IA-1"))
    bring(vault, 1, "indianapolis", indianapolis(tmp_path / "b", "501"))
    gate = Gate(dataset="workforce")

    def roster() -> list[str | None]:
        found = view(rows_of(vault), "workforce", "officers", {"OFFICERS.OFFNUM"}, gate)
        assert found.read == found.rows.num_rows
        numbers: list[str | None] = found.rows.column("OFFICERS.OFFNUM").to_pylist()
        return numbers

    assert len(roster()) == 2  # nobody has said better
    live(vault, 2, OFFICERS=[{"OFFNUM": "7", "TITLE": "Chief"}, {"OFFNUM": "8"}])
    assert roster() == ["7", "8"]
    linked = view(rows_of(vault), "use_of_force", "officers", {"OFFICERS.TITLE"}, GATE)
    assert {*linked.rows.column("OFFICERS.TITLE").to_pylist()} == {"Ofc", "Chief"}  # 7 is the live 7
    assert officers(vault).column("exported").to_pylist() == [False, False, True]
    told = events(vault, {"Use of force": "use_of_force"})
    assert sorted(told.column("known_time").to_pylist()) == [START, START + timedelta(days=1)]


def test_the_same_files_again_change_nothing_and_newer_ones_replace_their_cases(
    vault: Vault, tmp_path: Path
) -> None:
    bring(vault, 0, "packed", packed(tmp_path / "a", "IA-1", "IA-2"))
    commits = sorted((tmp_path / "vault" / "commits").iterdir())
    assert set(bring(vault, 1, "packed", packed(tmp_path / "a", "IA-1", "IA-2")).values()) == {0}
    assert sorted((tmp_path / "vault" / "commits").iterdir()) == commits
    changed = bring(vault, 2, "packed", packed(tmp_path / "b", "IA-2", "IA-3", officer="Sgt. B Canary"))
    assert (changed["INCIDENTS"], changed["ASSOC_INC_OFF"]) == (1, 3)  # one case; two officers and one gone
    assert len(cases(vault, "officers")) == 3


def test_files_without_cases_are_taken_in(vault: Vault, tmp_path: Path) -> None:
    roster = write_csv(tmp_path / "roster.csv", [{"Officer.number": "ab", "Officer.sex": "Male"}])
    tables = read_export([roster], "new_orleans_monitor").tables
    assert (with_status(tables, "Completed"), without_status(tables)) == (tables, 0)
    assert take_in(vault, tables, at=START)["OFFICERS"].new == 1


def test_a_status_is_said_only_of_cases_that_have_none(tmp_path: Path) -> None:
    rows = [PACKED | {"FILENUM": f"IA-{n}", "STATUS": status, "Officer": "Ofc. A Canary"}
            for n, status in enumerate(("Active", ""))]  # fmt: skip
    tables = read_export([write_csv(tmp_path / "query.csv", rows)], "packed").tables
    assert without_status(tables) == 1
    said = with_status(tables, "Completed")["INCIDENTS"]
    found = dict(zip(said.column("FILENUM").to_pylist(), said.column("STATUS").to_pylist(), strict=True))
    assert found == {"IA-0": "Active", "IA-1": "Completed"}


def test_an_extraction_that_was_interrupted_goes_on_after_an_import(
    iapro: Path, vaults: Vaults, tmp_path: Path
) -> None:
    def die(run: Run) -> None:
        if run.incidents:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        vaults.fill(sqlite_url(iapro), progress=die)
    hour = NIGHT + timedelta(hours=1)
    take_in(vaults.open(), read_export([packed(tmp_path / "a", "IA-1")], "packed").tables, at=hour)
    vaults.fill(sqlite_url(iapro), night=1)
    [[all_of_them]] = ask(iapro, "SELECT count(*) FROM INCIDENTS")
    assert vaults.open().rows("iapro.INCIDENTS").num_rows == all_of_them
    state = json.loads(vaults.state().read_text("utf-8"))
    assert state["running"] is None


def test_an_hour_that_the_clock_has_twice_stops_nothing_but_a_clock_that_was_wrong_does(
    vault: Vault, tmp_path: Path
) -> None:
    tables = [
        read_export([packed(tmp_path / name, name)], "packed").tables for name in ("IA-1", "IA-2", "IA-3")
    ]
    take_in(vault, tables[0], at=SUMMER_ENDS)
    take_in(vault, tables[1], at=SUMMER_ENDS - timedelta(minutes=40))
    assert vault.rows("export.INCIDENTS").column("_revised").to_pylist() == [SUMMER_ENDS] * 2
    with pytest.raises(VaultFault, match="clock"):
        take_in(vault, tables[2], at=SUMMER_ENDS - timedelta(minutes=80))

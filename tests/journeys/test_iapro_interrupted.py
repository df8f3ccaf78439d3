"""An extraction that is cut off or killed, and gone on with, ends in the release of an undisturbed one."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pyarrow as pa
import pytest
from iapro_servers import ask, over_tds
from rivertown_iapro import ADDRESS, NIGHT, Rivertown, make_key, set_clock, settle_iapro

from openbeat.errors import ConnectionLost
from openbeat.protect.keys import VARIABLE as PSEUDONYMS
from openbeat.sources.iapro import open_source, pull, read_site
from openbeat.sources.iapro.catalogue import catalogue
from openbeat.synth.department import Department, make_department
from openbeat.synth.iapro import tables_at, write_sqlite
from openbeat.vault import VARIABLE as VAULT
from openbeat.vault import open_vault, read_vault_key

SERVER = multiprocessing.get_context("forkserver")  # a child starts with everything imported, and no thread
SMALL = ("assaults_on_officers", "awards")

pytestmark = pytest.mark.usefixtures("keys")


@pytest.fixture(scope="module")
def department() -> Department:
    """30 officers over eight years: most cases are long completed."""
    return make_department(seed=7, officers=30, years=8)


@pytest.fixture(scope="module")
def file(department: Department, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its IAPro, with every trap."""
    file = tmp_path_factory.mktemp("interrupted") / "iapro.sqlite"
    write_sqlite(tables_at(department), file)
    return file


@pytest.fixture
def new(
    department: Department, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Rivertown]:
    """Makes installations, at which it is always the same night."""
    set_clock(monkeypatch, NIGHT)
    return lambda name: settle_iapro(tmp_path / name, department)


def pull_pages(root: Path, url: str, page: int) -> None:
    """`openbeat iapro pull`, but in small pages and without waiting for a server to come back."""
    with open_source(url) as source:
        pull(
            source,
            open_vault(root / "vault" / "rivertown", read_vault_key(root)),
            read_site(source),
            state=root / "state" / "iapro" / "rivertown.json",
            now=NIGHT,
            page=page,
            wait=lambda seconds: None,
        )


def pull_stubbornly(root: Path, url: str, page: int) -> int:
    """The same, again until it is finished; how often it gave up."""
    for gave_up in count():
        try:
            pull_pages(root, url, page)
        except ConnectionLost:
            continue
        return gave_up
    raise AssertionError


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What an installation came to."""

    vault: dict[str, pa.Table]
    shelf: dict[str, bytes]


@pytest.fixture(scope="module")
def undisturbed(file: Path, department: Department, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """What comes of a night without a fault: all datasets published."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as environment, over_tds(file) as (url, _):
        make_key(folder / "openbeat.key", PSEUDONYMS, environment)
        make_key(folder / "vault.key", VAULT, environment)
        set_clock(environment, NIGHT)
        environment.setenv(ADDRESS, url)
        rivertown = settle_iapro(folder, department)
        rivertown.publish()
        return Ended(vault=rivertown.vault(), shelf=rivertown.shelf())


@pytest.mark.slow
def test_a_connection_cut_a_hundred_times_gives_the_vaults_and_the_release_of_an_undisturbed_run(
    file: Path, new: Callable[[str], Rivertown], undisturbed: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, cuts, gave_up = random.Random(100), 0, 0
    until = 0  # the packet that is cut next

    def cut(packet: int) -> bool:
        nonlocal cuts, until
        if packet < until or cuts == 100:
            return False
        cuts, until = cuts + 1, packet + chance.randint(1, 120)
        return True

    towns: list[Rivertown] = []
    with over_tds(file, cut) as (url, _):
        monkeypatch.setenv(ADDRESS, url)
        while cuts < 100:
            towns.append(new(f"cut {len(towns)}"))
            gave_up += pull_stubbornly(towns[-1].workspace.root, url, chance.choice([15, 40, 200]))
            assert towns[-1].vault() == undisturbed.vault, f"vault {len(towns)}"
        towns[-1].run("publish", "rivertown", "--held")
    assert len(towns) > 3
    assert gave_up
    assert towns[-1].shelf() == undisturbed.shelf


@pytest.mark.slow
def test_a_process_killed_again_and_again_gives_them_too(
    file: Path, new: Callable[[str], Rivertown], undisturbed: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    SERVER.set_forkserver_preload(["openbeat.sources.iapro", "test_iapro_interrupted"])
    chance, rivertown = random.Random(9), new("killed")
    sent, until = 0, 0  # packets: the last one, and the one in the middle of which the extraction is killed
    alive: list[int] = []

    def kill(packet: int) -> bool:
        nonlocal sent
        sent = packet
        if alive and packet >= until:
            os.kill(alive.pop(), signal.SIGKILL)
        return False

    ends = []
    with over_tds(file, kill) as (url, _):
        monkeypatch.setenv(ADDRESS, url)
        for attempt in range(16):
            child = SERVER.Process(target=pull_pages, args=(rivertown.workspace.root, url, 40))
            until = sent + chance.randint(1, 200)
            child.start()
            assert child.pid
            if attempt % 2:  # within a page
                alive.append(child.pid)
            else:  # anywhere, the writing of the vault included
                child.join(chance.uniform(0.3, 1.5))
                child.kill()
            child.join()
            alive.clear()
            ends.append(child.exitcode)
        rivertown.publish(*SMALL)
    assert set(ends) <= {0, -signal.SIGKILL}
    assert ends.count(-signal.SIGKILL) > 5
    assert rivertown.vault() == undisturbed.vault
    assert len(rivertown.shelf()) > 10
    assert rivertown.shelf().items() <= undisturbed.shelf.items()


def rows_of_cases(file: Path, numbers: set[object]) -> tuple[int, int]:
    """Rows that hang on these incidents, and on all, by what the database itself says."""
    of_these = of_all = 0
    for table in catalogue().values():
        if table.whole or table.shared:
            continue
        through = f"JOIN {table.parent} USING ({table.link})" if table.parent else ""
        for number, rows in ask(file, f"SELECT INCNUM, count(*) FROM {table.name} {through} GROUP BY 1"):
            of_all += rows
            of_these += rows if number in numbers else 0
    return of_these, of_all


def test_the_next_night_reads_only_the_window_and_publishes_nothing(
    file: Path, new: Callable[[str], Rivertown], monkeypatch: pytest.MonkeyPatch
) -> None:
    rivertown = new("next night")
    with over_tds(file) as (url, server):
        monkeypatch.setenv(ADDRESS, url)
        rivertown.publish(*SMALL)
        vault, shelf = rivertown.vault(), rivertown.shelf()
        server.statements.clear()
        set_clock(monkeypatch, NIGHT.replace(day=2))
        said = rivertown.publish(*SMALL)
    asked = {
        value
        for one in server.statements
        if "[INCIDENTS].[INCNUM] IN (" in one.text
        for value in one.parameters.values()
    }
    assert not [one for one in server.statements if "BETWEEN" in one.text]
    read, there = rows_of_cases(file, asked)
    assert 0 < read < there / 10
    assert said.count("nothing new; version 1 stands") == len(SMALL)
    assert rivertown.vault() == vault
    assert rivertown.shelf() == shelf

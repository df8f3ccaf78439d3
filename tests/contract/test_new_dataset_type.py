"""A new dataset type is one TOML file: everything else follows from it, and nothing else changes."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.request import urlopen

import pytest

import openbeat

PACKAGE = Path(openbeat.__file__).parent
FOOTAGE = """
title = { en = "Body-worn camera footage", es = "Grabaciones de cámaras corporales" }
about = { en = "Which recordings there are.", es = "Qué grabaciones hay." }
caution = { en = "Footage may have been deleted.", es = "Puede haber grabaciones borradas." }
terms = ["White House Police Data Initiative, 2015"]
policies = ["body_worn_cameras"]

[tables.recordings]
title = { en = "Recordings", es = "Grabaciones" }
grain = { en = "one row for each recording", es = "una fila por cada grabación" }
key = ["recording_id"]
event = "occurred_date"

[tables.recordings.fields.recording_id]
type = "id"
domain = "recording"
about = { en = "Stands for the agency's own number.", es = "Representa el número propio de la agencia." }
privacy = "direct"

[tables.recordings.fields.occurred_date]
type = "date"
about = { en = "The day it was made.", es = "El día en que se hizo." }
privacy = "quasi"
publish = "month"

[tables.recordings.fields.minutes_recorded]
type = "number"
unit = "minutes"
minimum = 0
about = { en = "How long it lasts.", es = "Cuánto dura." }
privacy = "open"

[tables.recordings.fields.force_used]
type = "boolean"
about = { en = "Whether it shows force.", es = "Si muestra el uso de la fuerza." }
privacy = "open"

[tables.recordings.fields.summary]
type = "free_text"
about = { en = "What it shows, in words.", es = "Lo que muestra, en palabras." }
privacy = "sensitive"

[[tables.recordings.rules]]
key = "force_takes_time"
about = { en = "Force is longer than nothing.", es = "La fuerza dura más que nada." }
if = "force_used = true"
then = "minutes_recorded > 0"

[[rates]]
key = "force_share"
table = "recordings"
title = { en = "Recordings that show force", es = "Grabaciones que muestran fuerza" }
count = "force_used = true"
among = "force_used is not null"
by = []
caution = { en = "Not all force is recorded.", es = "No toda la fuerza se graba." }
"""
AGENCY = """
name = "Springfield Police Department"
place = "Springfield"
time_zone = "America/Chicago"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
contact = { name = "Open data desk", email = "data@example.org" }

[datasets.body_worn_camera_footage]
frequency = "P1M"

[datasets.body_worn_camera_footage.tables.recordings]
files = ["footage.csv"]

[datasets.body_worn_camera_footage.tables.recordings.fields]
recording_id = "Number"
occurred_date = "Day"
minutes_recorded = "Minutes"
force_used = "Force"
summary = "Story"
"""
RECORDS = """Number,Day,Minutes,Force,Story
V-001,2025-03-14,12.5,yes,He fell.
V-002,2025-03-31,0,yes,Nothing to see.
V-003,2025-04-30,3,no,
"""


def files_of(package: Path) -> dict[str, str]:
    return {
        str(path.relative_to(package)): sha256(path.read_bytes()).hexdigest()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with one more file, an agency that has such records, and their release."""
    home = tmp_path_factory.mktemp("new_type")
    shutil.copytree(PACKAGE, home / "code" / "openbeat", ignore=shutil.ignore_patterns("__pycache__"))
    before = files_of(home / "code" / "openbeat")
    (home / "code/openbeat/standards/body_worn_camera_footage.toml").write_text(FOOTAGE, "utf-8")
    assert len(files_of(home / "code" / "openbeat")) == len(before) + 1
    run(home, "new", str(home / "workspace"))
    agency = home / "workspace" / "agencies" / "springfield"
    (agency / "records").mkdir(parents=True)
    (agency / "agency.toml").write_text(AGENCY, "utf-8")
    (agency / "records" / "footage.csv").write_text(RECORDS, "utf-8")
    key = home / "key"
    key.touch(mode=0o600)
    key.write_text("07" * 32, "ascii")
    return home


@pytest.fixture(scope="module")
def published(scratch: Path) -> list[dict[str, object]]:
    """What `openbeat publish --json` says of it."""
    told: list[dict[str, object]] = json.loads(run(scratch, "publish", "springfield", "--json"))
    return told


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(home / "code"), "OPENBEAT_KEY_FILE": str(home / "key")}


def command(home: Path, *words: str) -> list[str]:
    within = [] if words[0] == "new" else ["--workspace", str(home / "workspace")]
    return [sys.executable, "-c", "from openbeat.cli import main; main()", *words, *within]


def run(home: Path, *words: str) -> str:
    done = subprocess.run(
        command(home, *words), env=environment(home), cwd=home, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_copy_is_what_runs_and_differs_from_the_package_in_one_file(scratch: Path) -> None:
    asked = [sys.executable, "-c", "import openbeat; print(openbeat.__file__)"]
    told = subprocess.run(
        asked, env=environment(scratch), cwd=scratch, capture_output=True, text=True, check=True
    )
    assert Path(told.stdout.strip()).is_relative_to(scratch)
    copied, own = files_of(scratch / "code" / "openbeat"), files_of(PACKAGE)
    assert copied.keys() - own.keys() == {"standards/body_worn_camera_footage.toml"}


def test_it_is_listed(scratch: Path) -> None:
    listed = json.loads(run(scratch, "list", "standards", "--json"))
    assert {"key": "body_worn_camera_footage", "says": "Body-worn camera footage: recordings"} in listed


def test_its_records_are_published_and_every_row_is_accounted_for(published: list[dict[str, object]]) -> None:
    (outcome,) = published
    assert (outcome["dataset"], outcome["version"], outcome["new"]) == ("body_worn_camera_footage", 1, True)
    account = outcome["tables"]["recordings"]  # type: ignore[index]
    assert (account["read"], account["published"], account["adds_up"]) == (3, 3, True)


def test_its_rules_are_checked(published: list[dict[str, object]]) -> None:
    findings = published[0]["findings"]
    assert isinstance(findings, list)
    assert [one["count"] for one in findings if "longer than nothing" in one["says"]["en"]] == [1]


@pytest.fixture(scope="module")
def exported(scratch: Path, published: list[dict[str, object]]) -> Path:
    run(scratch, "export", "springfield/body_worn_camera_footage", str(scratch / "exported"))
    return scratch / "exported"


def test_its_rows_are_protected(exported: Path) -> None:
    lines = next(exported.rglob("recordings.csv")).read_text("utf-8").splitlines()
    assert lines[0] == '"recording_id","occurred_date","minutes_recorded","force_used"'
    assert sorted(line.split(",", 1)[1] for line in lines[1:]) == [
        "2025-03-01,0,true",
        "2025-03-01,12.5,true",
        "2025-04-01,3,false",
    ]
    assert not any("V-00" in line for line in lines)


def test_its_dictionary_speaks_both_languages(exported: Path) -> None:
    english, spanish = (
        next(exported.rglob(name)).read_text("utf-8") for name in ("dictionary.md", "diccionario.md")
    )
    assert "How long it lasts." in english
    assert "Cuánto dura." in spanish
    assert "Lo que muestra" not in spanish
    told = json.loads(next(exported.rglob("dictionary.json")).read_text("utf-8"))
    assert [one["name"] for one in told["tables"]["recordings"]["columns"]] == [
        *("recording_id", "occurred_date", "minutes_recorded", "force_used")
    ]


@pytest.fixture(scope="module")
def portal(scratch: Path, published: list[dict[str, object]]) -> Iterator[str]:
    """The address of a portal of the copy."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    asked = command(scratch, "serve", "--port", str(port))
    with subprocess.Popen(asked, env=environment(scratch), cwd=scratch, stdout=subprocess.DEVNULL) as process:
        for _ in range(300):
            try:
                urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
        process.terminate()


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/en/standards", "Body-worn camera footage"),
        ("/es/standards", "Grabaciones de cámaras corporales"),
        ("/en/standards/body_worn_camera_footage", "How long it lasts."),
        ("/es/standards/body_worn_camera_footage", "Si muestra el uso de la fuerza."),
        ("/en/d/springfield/body_worn_camera_footage", "Footage may have been deleted."),
    ],
)
def test_the_portal_shows_it(path: str, says: str, portal: str) -> None:
    with urlopen(portal + path, timeout=30) as answer:
        assert says in answer.read().decode()

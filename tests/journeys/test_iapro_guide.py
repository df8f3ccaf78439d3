"""docs/iapro.md, step by step, as a records clerk would go."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from publishing import EXAMPLES

from openbeat.synth.city import make_city
from openbeat.synth.city.files import write_city
from openbeat.synth.department import make_department
from openbeat.synth.iapro import TRAPS, tables_at, write_sqlite

GUIDE = EXAMPLES.parents[1] / "docs" / "iapro.md"
PUBLISHED = re.compile(r"^rivertown/(\w+): published version 1$", re.MULTILINE)


def blocks() -> list[str]:
    """The commands of the page, block by block."""
    return re.findall(r"^```sh\n(.*?)^```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.slow  # nine datasets, twice
def test_every_command_of_the_guide_works_in_its_order(tmp_path: Path) -> None:
    database, city = tmp_path / "iapro.sqlite", make_city(3)
    department = make_department(seed=3, officers=120, years=2, until=date(2026, 6, 30), city=city)
    # Impossible people would block so small a department: one of eight officers is more than the checks bear.
    write_sqlite(tables_at(department, traps=TRAPS.keys() - {"impossible_people"}), database)
    agency = tmp_path / "workspace" / "agencies" / "rivertown"
    # Step 4 is done by hand: what the clerk comes to is Rivertown's finished agency.toml.
    by_hand = f"cp {EXAMPLES}/rivertown/agency.toml {agency}/agency.toml"
    steps = blocks()
    asked = next(number for number, one in enumerate(steps) if "iapro probe" in one)
    script = "\n".join(["set -eu", *steps[: asked + 1], by_hand, *steps[asked + 1 :]])
    agency.mkdir(parents=True)
    write_city(city, agency / "records" / "rivertown")
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "RIVERTOWN": str(database),
            "HOME": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-1000:] + "\n".join(re.findall(r".*blocks:.*", done.stdout))
    assert set(PUBLISHED.findall(done.stdout)) == {
        "use_of_force",
        "complaints",
        "officer_involved_shootings",
        "assaults_on_officers",
        "vehicle_pursuits",
        "workforce",
        "awards",
        "training",
        "population",
    }
    assert done.stdout.count("nothing new; version 1 stands") == 9
    assert "0 faults" in done.stdout
    assert "GRANT SELECT" in (tmp_path / "workspace" / "grants.sql").read_text("utf-8")
    statements = (tmp_path / "workspace" / "statements.sql").read_text("utf-8")
    assert "SELECT" in statements
    assert not re.search(r"LNAM|NARRATIVE|ALERT", statements)


def test_the_guide_names_only_commands_and_files_that_exist() -> None:
    text = GUIDE.read_text("utf-8")
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (GUIDE.parent / link).exists(), link
    fenced = "\n".join(re.findall(r"^```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    commands = sorted(set(re.findall(r"^openbeat (iapro \w+|\w+)", fenced, re.MULTILINE)))
    assert "iapro import" in commands
    for command in commands:
        done = subprocess.run(
            [Path(sys.executable).parent / "openbeat", *command.split(), "--help"],
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, command

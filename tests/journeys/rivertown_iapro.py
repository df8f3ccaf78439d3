"""A small Rivertown that keeps IAPro: its workspace, its clock, and the commands that read and publish it."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from publishing import EXAMPLES

from openbeat.agency import Agency, load_agency
from openbeat.cli import cli
from openbeat.protect.keys import read_key
from openbeat.release.shelf import head_release, object_path, open_shelf
from openbeat.synth.department import Department
from openbeat.vault import open_vault, read_vault_key
from openbeat.workspace import Workspace, new_workspace

ADDRESS = "RIVERTOWN_IAPRO"  # the variable that the example's agency.toml names
TIME_ZONE = ZoneInfo("America/Chicago")
NIGHT = datetime(2026, 7, 1, 3)  # the day after the departments' last, local time


def set_clock(monkeypatch: pytest.MonkeyPatch, local: datetime) -> None:
    """What the commands take for now, so that two runs of one night can be compared byte by byte."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return local.replace(tzinfo=TIME_ZONE).astimezone(tz or UTC)

    for room in ("iapro", "publish"):
        monkeypatch.setattr(f"openbeat.cli.{room}.datetime", Clock)


def make_key(file: Path, variable: str, environment: pytest.MonkeyPatch) -> None:
    """A key that only its owner can read, the same in every run, named by the variable."""
    file.touch(mode=0o600)
    file.write_text("5a" * 32, "ascii")
    environment.setenv(variable, str(file))


def run(*words: str) -> str:
    """What a command says on standard output, after making sure that it succeeded."""
    done = CliRunner().invoke(cli, words)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


@dataclass(frozen=True, kw_only=True)
class Rivertown:
    """One installation of openbeat at Rivertown's police."""

    workspace: Workspace

    @property
    def agency(self) -> Agency:
        return load_agency(self.workspace.agencies / "rivertown" / "agency.toml")

    @property
    def state(self) -> Path:
        """Where an extraction remembers how far it has come."""
        return self.workspace.root / "state" / "iapro" / "rivertown.json"

    def run(self, *words: str) -> str:
        """What a command says that works in the workspace."""
        return run(*words, "--workspace", str(self.workspace.root))

    def publish(self, *datasets: str) -> str:
        """What `openbeat publish rivertown` says, of these datasets or of all."""
        return self.run("publish", "rivertown", *(word for one in datasets for word in ("--dataset", one)))

    def vault(self) -> dict[str, pa.Table]:
        """Every version of every row that its vault ever held, by table."""
        vault = open_vault(self.workspace.vault / "rivertown", read_vault_key(self.workspace.root))
        return {table: vault.history(table) for table in vault.tables()}

    def shelf(self) -> dict[str, bytes]:
        """Every file that the public side can read."""
        files = sorted(path for path in self.workspace.shelf.rglob("*") if path.is_file())
        return {str(path.relative_to(self.workspace.shelf)): path.read_bytes() for path in files}

    def body(self, dataset: str) -> Mapping[str, Any]:
        """What the manifest of the newest release says."""
        head = head_release(open_shelf(self.workspace.shelf), "rivertown", dataset)
        assert head is not None
        return head.body

    def rows(self, dataset: str, table: str) -> list[dict[str, Any]]:
        """The rows of the newest release."""
        file = self.body(dataset)["tables"][table]["files"]["parquet"]["object"]
        found: list[dict[str, Any]] = pq.read_table(
            object_path(open_shelf(self.workspace.shelf), file)
        ).to_pylist()
        return found

    def changes(self, dataset: str) -> list[dict[str, str]]:
        """The changelog of the newest release."""
        file = self.body(dataset)["changes"]["file"]["object"]
        with object_path(open_shelf(self.workspace.shelf), file).open(newline="", encoding="utf-8") as lines:
            return list(csv.DictReader(lines))

    def pseudonyms(self, numbers: Iterable[int], domain: str, dataset: str) -> dict[int, str]:
        """What the public knows IAPro's numbers as."""
        numbers, group = list(numbers), self.agency.linkage_group(dataset)
        key = read_key(self.workspace.root)
        made = key.pseudonyms(map(str, numbers), domain=domain, agency="rivertown", group=group)
        return dict(zip(numbers, made, strict=True))


def settle_iapro(folder: Path, department: Department, more: str = "") -> Rivertown:
    """A workspace with the example's agency.toml: IAPro's datasets only, and this department's placeholders.

    more   lines for [iapro]
    """
    workspace = new_workspace(folder / "workspace")
    text = (EXAMPLES / "rivertown" / "agency.toml").read_text("utf-8")
    text = text[: text.index("[datasets.population]")]
    nobody = json.dumps([str(officer.number) for officer in department.officers if officer.placeholder])
    text, said = re.subn(r"^placeholders .*$", f"placeholders = {nobody}\n{more}", text, flags=re.MULTILINE)
    assert said == 1
    home = workspace.agencies / "rivertown"
    home.mkdir()
    (home / "agency.toml").write_text(text, "utf-8")
    return Rivertown(workspace=workspace)

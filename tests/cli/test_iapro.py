"""What a person at the terminal meets at `openbeat iapro`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from publishing import EXAMPLES

from openbeat.cli import cli
from openbeat.synth.city import make_city
from openbeat.synth.department import make_department
from openbeat.synth.iapro import tables_at, write_packed_csv, write_sqlite
from openbeat.vault import VARIABLE as VAULT_KEY

RIVERTOWN = EXAMPLES / "rivertown"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The IAPro of a small Rivertown."""
    file = tmp_path_factory.mktemp("rivertown") / "iapro.sqlite"
    department = make_department(seed=5, officers=60, years=1, until=date(2026, 6, 30), city=make_city(5))
    tables = tables_at(department)
    write_sqlite(tables, file)
    write_packed_csv(tables, file.with_name("packed.csv"))
    return file


@pytest.fixture
def home(tmp_path: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace, with both keys in the environment."""
    key = tmp_path / "vault.key"
    key.touch(mode=0o600)
    key.write_text("4d" * 32, "ascii")
    monkeypatch.setenv(VAULT_KEY, str(key))
    assert run("new", str(tmp_path / "workspace")).exit_code == 0
    return tmp_path / "workspace"


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words)


def fails(*words: str, status: int = 1) -> str:
    result = run(*words)
    assert result.exit_code == status, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    return result.stderr


def says(*words: str) -> str:
    result = run(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_without_an_address_in_the_environment_it_is_said_how_one_is_written() -> None:
    assert "export IAPRO_DATABASE=mssql+pytds://" in fails("iapro", "probe", "--dry-run")


@pytest.mark.parametrize(
    "address",
    [
        "mssql+pytds://reader:kestrel9@127.0.0.1:1/IADATA",
        "sqlite:///nowhere/kestrel9.sqlite",
        "oracle://reader:kestrel9@host/db",
        "kestrel9",
    ],
)
def test_an_address_that_cannot_be_reached_is_an_error_without_its_password(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IAPRO_DATABASE", address)
    said = fails("iapro", "probe", "--dry-run")
    assert "To go on" in said
    assert "reader:kestrel9" not in said


def test_a_probe_says_what_there_is_and_never_overwrites_an_agency_toml(
    home: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IAPRO_DATABASE", f"sqlite:///{database}")
    words = ("iapro", "probe", "--slug", "rivertown", "--workspace", str(home))
    said = says(*words)
    assert "UDTEXT24B is called Beat" in said
    assert "use_of_force: 5" in said
    assert "canary" not in said.casefold()
    drafted = (home / "agencies" / "rivertown" / "agency.toml").read_text("utf-8")
    assert "canary" not in drafted.casefold()
    assert "is there already" in fails(*words)
    assert says(*words, "--dry-run") == drafted


def test_statements_and_rights_need_no_database_and_name_nothing_that_is_never_read() -> None:
    statements, grants = says("iapro", "statements"), says("iapro", "grants")
    assert "SELECT TOP" in statements
    assert "GRANT SELECT" in grants
    for never in ("LNAM", "FNAM", "ALERT_PROCESSED", "NARRATIVE", "CURRENT_BADGE_NO", "AUS_ALG_COMMENT"):
        assert never not in statements + grants
    assert "has no accounts" in fails("iapro", "grants", "--server", "sqlite")


def test_a_dry_run_counts_and_keeps_nothing(
    home: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RIVERTOWN_IAPRO", f"sqlite:///{database}")
    said = says("iapro", "pull", str(RIVERTOWN), "--workspace", str(home), "--dry-run")
    assert "(dry run: nothing is kept)" in said
    assert not [*(home / "vault").rglob("*.sealed")]


def test_an_agency_without_iapro_is_told_what_to_add(home: Path) -> None:
    said = fails("iapro", "pull", str(EXAMPLES / "dallas_tx"), "--workspace", str(home))
    assert "does not say where its IAPro is" in said


def test_an_empty_vault_does_not_publish_that_nothing_ever_happened(home: Path) -> None:
    said = fails("publish", str(RIVERTOWN), "--held", "--workspace", str(home))
    assert "the vault holds nothing of IAPro's INCIDENTS yet" in said
    assert "There are no releases yet" in run("list", "releases", "--workspace", str(home)).stderr


def test_an_export_is_taken_in_and_the_same_one_again_changes_nothing(home: Path, database: Path) -> None:
    words = ("iapro", "import", str(RIVERTOWN), str(database.with_name("packed.csv")), "--as", "packed")
    says(*words, "--workspace", str(home))
    before = sorted((home / "vault").rglob("*.sealed"))
    assert before
    says(*words, "--workspace", str(home))
    assert sorted((home / "vault").rglob("*.sealed")) == before


def test_a_file_that_is_no_export_of_that_way_is_refused(home: Path, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    said = fails(
        "iapro",
        "import",
        str(RIVERTOWN),
        str(tmp_path / "other.csv"),
        "--as",
        "packed",
        "--workspace",
        str(home),
    )
    assert "To go on" in said

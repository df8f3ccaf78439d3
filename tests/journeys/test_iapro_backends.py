"""One department behind SQLite, PostgreSQL and SQL Server's protocol: one draft, one release, SELECT only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pytest
import sqlglot
from iapro_servers import over_postgres, over_tds, postgres_url, sqlite_url
from postgres_server import connect
from rivertown_iapro import ADDRESS, NIGHT, Rivertown, run, set_clock, settle_iapro
from sqlglot import exp

from openbeat.synth.department import Department, make_department
from openbeat.synth.iapro import tables_at, write_sqlite
from openbeat.synth.tds import TdsServer

READER, PASSWORD = "rivertown_reader", "only of this test"
LOOKING = ("--look", "--database", ADDRESS)
QUICK = ("assaults_on_officers",)  # a small one

pytestmark = pytest.mark.usefixtures("keys")


@pytest.fixture(scope="module")
def department() -> Department:
    """120 officers over two years."""
    return make_department(seed=11, officers=120, years=2)


@pytest.fixture(scope="module")
def tables(department: Department) -> Mapping[str, pa.Table]:
    """Its IAPro, with every trap."""
    return tables_at(department)


@pytest.fixture(scope="module")
def file(tables: Mapping[str, pa.Table], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its IAPro as a SQLite file."""
    file = tmp_path_factory.mktemp("backends") / "iapro.sqlite"
    write_sqlite(tables, file)
    return file


@dataclass(frozen=True, kw_only=True)
class Servers:
    """The same department on each server: their addresses, and the one that records every statement."""

    addresses: Mapping[str, str]
    recording: TdsServer


@pytest.fixture
def servers(
    file: Path, tables: Mapping[str, pa.Table], postgres: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Servers]:
    """SQLite, SQL Server's protocol, and PostgreSQL by an account that `openbeat iapro grants` made."""
    set_clock(monkeypatch, NIGHT)
    monkeypatch.setenv(ADDRESS, over_postgres(postgres, tables, "rivertown"))
    script = run("iapro", "grants", *LOOKING, "--server", "postgresql", "--account", READER)
    with connect(postgres, "rivertown") as owner:
        if owner.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (READER,)).fetchone():
            owner.execute(f"DROP OWNED BY {READER}; DROP ROLE {READER}".encode())
        owner.execute(script.encode())
        owner.execute(f"ALTER ROLE {READER} PASSWORD '{PASSWORD}'".encode())
    reader = postgres_url(postgres, "rivertown", READER, PASSWORD)
    with over_tds(file) as (tds, recording):
        yield Servers(
            addresses={"sqlite": sqlite_url(file), "tds": tds, "postgresql": reader}, recording=recording
        )


def test_the_probe_drafts_the_same_agency_toml_on_each_server(
    servers: Servers,
    department: Department,
    tables: Mapping[str, pa.Table],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drafts = {}
    for way, address in servers.addresses.items():
        monkeypatch.setenv(f"OF_{way.upper()}", address)
        here = settle_iapro(tmp_path / way, department)
        said = here.run("iapro", "probe", "--slug", "my_city", "--database", f"OF_{way.upper()}")
        assert f"INCIDENTS: {tables['INCIDENTS'].num_rows} rows" in said
        written = (here.workspace.agencies / "my_city" / "agency.toml").read_text("utf-8")
        assert f'"OF_{way.upper()}"' in written
        drafts[way] = written.replace(f'"OF_{way.upper()}"', f'"{ADDRESS}"')
    assert drafts["sqlite"] == drafts["tds"] == drafts["postgresql"]
    nobody = [officer.number for officer in department.officers if officer.placeholder]
    assert all(f'"{number}"' in drafts["tds"] for number in nobody)


def published_by_each(
    servers: Servers,
    department: Department,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    datasets: tuple[str, ...],
) -> dict[str, Rivertown]:
    found = {}
    for way, address in servers.addresses.items():
        monkeypatch.setenv(ADDRESS, address)
        found[way] = settle_iapro(folder / way, department)
        found[way].publish(*datasets)
    return found


@pytest.mark.parametrize("datasets", [QUICK, pytest.param((), marks=pytest.mark.slow)], ids=["one", "all"])
def test_the_release_is_the_same_on_each_server_byte_by_byte(
    servers: Servers,
    department: Department,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    datasets: tuple[str, ...],
) -> None:
    found = published_by_each(servers, department, tmp_path, monkeypatch, datasets)
    assert found["sqlite"].vault() == found["tds"].vault() == found["postgresql"].vault()
    first, *others = found.values()
    for key in datasets or first.agency.datasets:
        bodies = [one.body(key) for one in found.values()]
        assert all(body == bodies[0] for body in bodies), key
        assert all(table["account"]["published"] for table in bodies[0]["tables"].values()), key
    assert first.body("assaults_on_officers")["pending"]
    assert all(other.shelf() == first.shelf() for other in others)


@pytest.mark.slow
def test_every_statement_that_is_sent_was_printed_for_approval_and_none_writes(
    servers: Servers, department: Department, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sha256(file.read_bytes()).hexdigest()
    monkeypatch.setenv(ADDRESS, servers.addresses["tds"])
    approved = run("iapro", "statements", *LOOKING)
    rivertown = settle_iapro(tmp_path, department)
    rivertown.run("iapro", "probe", "--slug", "my_city", "--database", ADDRESS)
    rivertown.publish("awards")
    set_clock(monkeypatch, NIGHT.replace(day=2))
    rivertown.publish("awards")
    rivertown.run("iapro", "pull", "rivertown", "--full")
    sent = {said.text for said in servers.recording.statements}
    assert len(sent) > 50
    for text in sent:
        assert f"\n{text};\n" in approved
        assert isinstance(sqlglot.parse_one(text, read="tsql"), exp.Select)
    assert sha256(file.read_bytes()).hexdigest() == before


def test_the_account_of_the_script_may_select_columns_and_nothing_else(
    servers: Servers, postgres: Path
) -> None:
    # Whoever owns a table may do anything, so that what counts is which rights the account itself was given.
    with connect(postgres, "rivertown") as owner:
        of_tables = owner.execute(
            "SELECT count(*) FROM information_schema.table_privileges WHERE grantee = %s", (READER,)
        ).fetchone()
        of_columns = owner.execute(
            "SELECT DISTINCT privilege_type FROM information_schema.column_privileges WHERE grantee = %s",
            (READER,),
        ).fetchall()
    assert of_tables == (0,)
    assert of_columns == [("SELECT",)]

"""Publishes an agency of examples/agencies from the real records, the way the command line does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from openbeat.agency import load_agency
from openbeat.protect import read_key
from openbeat.release.pipeline import Outcome, run_dataset
from openbeat.release.shelf import object_path, open_shelf
from openbeat.stages import Account
from openbeat.workspace import new_workspace

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "agencies"


@dataclass(frozen=True, kw_only=True)
class Example:
    """An example agency as it was published, beside the records it was published from."""

    slug: str
    folder: Path
    shared: Path
    outcomes: list[Outcome]

    def raw(self, pattern: str) -> str:
        """The CSV files of the records, as DuckDB reads them: all text, the columns of all files."""
        ways = "header = true, all_varchar = true, union_by_name = true, strict_mode = false"
        return f"read_csv('{self.shared}/data/{pattern}', {ways})"

    def account(self, dataset: str, table: str) -> Account:
        """Where the rows of a table went."""
        return next(one for one in self.outcomes if one.dataset == dataset).tables[table].account

    def published(self, dataset: str, table: str) -> str:
        """A table of the release, as DuckDB reads it."""
        outcome = next(one for one in self.outcomes if one.dataset == dataset)
        return f"'{parquet_of(outcome, table, self.folder)}'"

    def changes_when_published_again(self) -> list[str]:
        """The datasets that a second run of the same records gives a new version."""
        again = publish_example(self.slug, self.folder, self.shared)
        return [one.dataset for one in again if one.release is None or one.release.new]


def publish_example(slug: str, tmp_path: Path, shared: Path) -> list[Outcome]:
    """Every dataset of the agency, published into the workspace at `tmp_path/workspace`; needs `key_file`."""
    workspace = new_workspace(tmp_path / "workspace")
    agency = load_agency(EXAMPLES / slug / "agency.toml")
    key = read_key(workspace.root)
    return [
        run_dataset(workspace, agency, dataset, key, now=datetime.now(UTC), records=shared / "data")
        for dataset in agency.datasets.values()
    ]


def parquet_of(outcome: Outcome, table: str, tmp_path: Path) -> str:
    """Where the Parquet file of a table lies that the outcome's release has, for DuckDB to read."""
    assert outcome.release is not None
    shelf = open_shelf(tmp_path / "workspace" / "shelf")
    files = outcome.release.manifest["tables"][table]["files"]
    return str(object_path(shelf, files["parquet"]["object"]))


def counts(sql: str) -> dict[str | None, int]:
    """Word (or nothing) and number, as a query of two columns counts them; truth from outside openbeat."""
    return dict(duckdb.sql(sql).fetchall())


def one_number(sql: str) -> int:
    """The one number that a query gives."""
    found = duckdb.sql(sql).fetchone()
    assert found is not None
    return int(found[0])


def every_row_accounted_for(outcomes: list[Outcome]) -> bool:
    """Whether read + unpacked = published + withheld + refused in every table, each refusal with a reason."""
    accounts = [staged.account for outcome in outcomes for staged in outcome.tables.values()]
    return all(one.adds_up and all(one.refused) for one in accounts)


def every_column_named(outcome: Outcome) -> bool:
    """Whether each column of each file is published under some field or left out for a written reason."""
    return all(
        {column.casefold() for file in staged.files for column in file.columns}
        <= {column.casefold() for looked_at in staged.columns.values() for column in looked_at}
        | {column.casefold() for column in staged.ignored_columns}
        for staged in outcome.tables.values()
    )

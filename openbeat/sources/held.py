"""What the vault holds, as Raw: the same account of rows as of files."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from openbeat.errors import WrongSettings
from openbeat.sources.comport import DATASETS
from openbeat.sources.comport import view as received
from openbeat.sources.iapro import EXPORTS, Gate, Viewed, rows_of, view, views
from openbeat.stages import Raw, RawFile
from openbeat.vault import Vault


def fetch_held(
    vault: Vault, source: str, table: tuple[str, str], wanted: Collection[str], gate: Gate, *, into: Path
) -> Raw:
    """The rows that the vault has for `table` (dataset, table), as the source wrote them.

    source  "iapro", or "comport.UOF" and the like
    wanted  the columns that agency.toml uses; of IAPro's no other leaves the vault
    gate    which cases belong to the dataset, and which may be released
    into    the Parquet file to make; it holds confidential rows in the clear, so it belongs into memory
    Raises WrongSettings for a source that the vault cannot have; see also `openbeat.sources.iapro.view`.
    """
    room, _, dataset = source.partition(".")
    if source == "iapro":
        _must_be_held(vault, table)
        viewed = view(rows_of(vault, wanted=wanted), *table, wanted, gate)
    elif room == "comport" and dataset in DATASETS:
        rows = received(vault, dataset)
        viewed = Viewed(rows=rows, read=rows.num_rows, refused={}, gated={}, pending={}, problems=())
    else:
        raise WrongSettings(
            f"the vault has no source {source!r}",
            where=f"agency.toml, {'.'.join(table)}",
            remedies=['use "iapro"', f"or one of {', '.join(f'comport.{one}' for one in DATASETS)}"],
        )
    columns = tuple(viewed.rows.column_names)
    _write(viewed.rows, into)
    with into.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    name = f"{source}.{table[1]}"
    return Raw(
        parquet=into,
        files=(
            RawFile(
                name=name,
                sha256=digest,
                bytes=into.stat().st_size,
                rows=viewed.rows.num_rows,
                columns=columns,
            ),
        ),
        columns=columns,
        rows_read=viewed.read,
        rows_made=viewed.rows.num_rows,
        refused=viewed.refused,
        gated=viewed.gated,
        pending=viewed.pending,
        problems=viewed.problems,
    )


def _must_be_held(vault: Vault, table: tuple[str, str]) -> None:
    """An empty vault is no empty agency: it must not publish that nothing ever happened."""
    shape = views().get(table)
    if shape and not {f"{room}{shape.rows}" for room in ("iapro.", EXPORTS)} & set(vault.tables()):
        raise WrongSettings(
            f"the vault holds nothing of IAPro's {shape.rows} yet",
            where=".".join(table),
            remedies=["read it: openbeat iapro pull AGENCY", "take the table out of agency.toml"],
        )


def _write(rows: pa.Table, into: Path) -> None:
    count = rows.num_rows
    numbers: Mapping[str, pa.Array] = {
        "_file": pa.repeat(pa.scalar(0, pa.int32()), count),
        "_row": pa.array(range(1, count + 1), pa.int64()),
        "_part": pa.repeat(pa.scalar(1, pa.int16()), count),
    }
    for name, column in numbers.items():
        rows = rows.append_column(name, column)
    pq.write_table(rows.combine_chunks(), into, compression="lz4", write_statistics=False, store_schema=False)

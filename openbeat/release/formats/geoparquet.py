"""GeoParquet 1.1 (geoparquet.org): the rows with a point for each pair of coordinates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from openbeat.release.formats.row_format import BATCH, RowFormat, appearing_whole

GEOMETRY = "geometry"
POINT = np.dtype(
    [("order", "u1"), ("kind", "<u4"), ("longitude", "<f8"), ("latitude", "<f8")]
)  # as WKB has it


def coordinates_of(table: Mapping[str, Any]) -> tuple[str, str] | None:
    """The columns of longitude and latitude, the first of each; None where there are not both."""
    found = {column["kind"]: column["name"] for column in reversed(table["columns"])}
    return (found["longitude"], found["latitude"]) if {"longitude", "latitude"} <= found.keys() else None


def write(parquet: Path, table: Mapping[str, Any], out: Path) -> None:
    """The rows with the column `geometry`: WGS 84 longitude and latitude, null where either is missing."""
    pair = coordinates_of(table)
    assert pair, "suits() says whether a table has coordinates"
    with pq.ParquetFile(parquet) as rows, appearing_whole(out) as draft:
        about = json.dumps(_about(_extent(rows, *pair)), sort_keys=True)
        schema = rows.schema_arrow.remove_metadata().append(pa.field(GEOMETRY, pa.binary()))
        with pq.ParquetWriter(draft, schema, compression="zstd", store_schema=False) as writer:
            writer.add_key_value_metadata({"geo": about})
            for group in range(rows.num_row_groups):
                for batch in rows.iter_batches(batch_size=BATCH * 8, row_groups=[group]):
                    points = _points(batch.column(pair[0]), batch.column(pair[1]))
                    writer.write_batch(pa.record_batch([*batch.columns, points], schema=schema))


def _about(extent: list[float] | None) -> dict[str, Any]:
    # No "crs" means OGC:CRS84, which is what latitude and longitude of the standards are.
    column: dict[str, Any] = {"encoding": "WKB", "geometry_types": ["Point"]}
    if extent:
        column["bbox"] = extent
    return {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}


def _extent(rows: pq.ParquetFile, longitude: str, latitude: str) -> list[float] | None:
    corners: list[tuple[float, float, float, float]] = []
    for batch in rows.iter_batches(batch_size=BATCH * 8, columns=[longitude, latitude]):
        x, y = batch.column(longitude), batch.column(latitude)
        there = pc.and_(pc.is_finite(x), pc.is_finite(y))
        ends = [pc.min_max(axis.filter(there)).as_py() for axis in (x, y)]
        if ends[0]["min"] is not None:
            corners.append((ends[0]["min"], ends[1]["min"], ends[0]["max"], ends[1]["max"]))
    if not corners:
        return None
    every = np.array(corners)
    return [*every[:, :2].min(axis=0).tolist(), *every[:, 2:].max(axis=0).tolist()]


def _points(longitude: pa.Array, latitude: pa.Array) -> pa.Array:
    x, y = (axis.to_numpy(zero_copy_only=False).astype(float) for axis in (longitude, latitude))
    points = np.empty(len(x), POINT)
    points["order"], points["kind"], points["longitude"], points["latitude"] = 1, 1, x, y
    fixed = pa.Array.from_buffers(
        pa.binary(POINT.itemsize), len(points), [None, pa.py_buffer(points.tobytes())]
    )
    there = pa.array(np.isfinite(x) & np.isfinite(y))
    return pc.if_else(there, fixed, None).cast(pa.binary())


geoparquet = RowFormat(
    key="geoparquet",
    ending="geo.parquet",
    media_type="application/vnd.apache.parquet",
    suits=lambda table: coordinates_of(table) is not None,
    write=write,
)

"""What a user of the Spark engine is told when it cannot work, and that a cluster's workers share it."""

from __future__ import annotations

import sys
import time
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from spark_servers import Cluster, sail

from openbeat.engine import open_engine
from openbeat.engine.spark import SparkEngine
from openbeat.errors import WrongSettings

ROWS = pa.table({"n": [3, 1, 2]})


def test_without_an_address_one_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPARK_REMOTE", raising=False)
    with pytest.raises(WrongSettings, match="export SPARK_REMOTE=sc://"):
        open_engine("spark", scratch=tmp_path)


def test_without_the_package_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARK_REMOTE", "sc://127.0.0.1:1")
    for module in ("pyspark.errors", "pyspark.sql"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(WrongSettings, match=r"pip install 'openbeat\[spark\]'"):
        open_engine("spark", scratch=tmp_path)


@pytest.mark.parametrize("scheme", ["sc", "http"])
def test_where_nobody_answers_this_is_said_soon_and_without_the_token(
    scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_REMOTE", f"{scheme}://127.0.0.1:1/;token=s3cret")
    started = time.monotonic()
    with pytest.raises(WrongSettings, match="no Spark Connect server answers") as raised:
        SparkEngine(scratch=tmp_path)
    assert "s3cret" not in str(raised.value)
    assert time.monotonic() - started < 60


def test_a_file_that_spark_does_not_see_is_no_empty_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sail() as address:
        monkeypatch.setenv("SPARK_REMOTE", address)
        with closing(SparkEngine(scratch=tmp_path)) as engine, pytest.raises(WrongSettings, match="share"):
            engine.read(tmp_path / "elsewhere.parquet")


def test_a_path_is_never_taken_for_a_pattern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, wild = tmp_path / "a place", tmp_path / "pl[a]ce"
    for folder in (plain, wild):
        folder.mkdir()
        pq.write_table(ROWS, folder / "rows.parquet")
    with sail() as address:
        monkeypatch.setenv("SPARK_REMOTE", address)
        with closing(SparkEngine(scratch=plain)) as engine:
            assert engine.fetch(engine.read(plain / "rows.parquet")).equals(ROWS)
            with pytest.raises(WrongSettings, match="pattern"):
                engine.read(wild / "rows.parquet")


def test_closing_one_engine_leaves_another_at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sail() as address:
        monkeypatch.setenv("SPARK_REMOTE", address)
        with closing(SparkEngine(scratch=tmp_path)) as one:
            rows = one.lookup(ROWS)
            (tmp_path / "other").mkdir()
            SparkEngine(scratch=tmp_path / "other").close()
            assert one.fetch(rows).equals(ROWS)


@pytest.mark.slow
def test_both_workers_of_a_cluster_share_the_work(
    two_workers: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_REMOTE", two_workers.address)
    (tmp_path / "parts").mkdir()
    for part in range(4):
        pq.write_table(pa.table({"n": range(part, 400_000, 4)}), tmp_path / "parts" / f"{part}.parquet")
    with closing(SparkEngine(scratch=tmp_path)) as engine:
        rows = engine.read(tmp_path / "parts")
        staged = engine.stage(rows.group_by(k=rows["n"] % 1000).agg(rows=rows.count()))
        assert engine.fetch(staged.aggregate(rows=staged["rows"].sum())).to_pylist() == [{"rows": 400_000}]
    logs = [[log.read_text() for log in place.glob("app-*/*/stderr")] for place in two_workers.workers]
    assert len(logs) == 2
    assert all(any("Finished task" in log for log in of_worker) for of_worker in logs)

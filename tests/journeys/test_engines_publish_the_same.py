"""The whole way on DuckDB and on Spark: the same logical rows, the same bytes, the same account."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from rivertown import publish, settle, stop, write_stops
from spark_servers import cluster, sail

from openbeat.release.pipeline import Outcome
from openbeat.workspace import Workspace, open_workspace

pytestmark = pytest.mark.usefixtures("key_file")
ROWS = [
    *(stop(number) for number in range(40)),
    stop(41, Age="15"),
    stop(42, Age="999"),
    stop(43, Race="", Street="Corner of 1st & Main St", Searched=""),
    stop(44, When="02/30/2025"),
    stop(7),
    stop(45, Street="", Remarks="=1+1", Badge="0004003"),
]


@pytest.fixture(scope="module", params=["sail", pytest.param("cluster", marks=pytest.mark.slow)])
def remote(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Spark Connect server."""
    with ExitStack() as stack:
        if request.param == "sail":
            yield stack.enter_context(sail())
        else:
            yield stack.enter_context(cluster(tmp_path_factory.mktemp("cluster"), workers=2)).address


def on_spark(workspace: Workspace) -> Workspace:
    settings = workspace.root / "openbeat.toml"
    settings.write_text(settings.read_text("utf-8").replace('"duckdb"', '"spark"', 1), "utf-8")
    return open_workspace(workspace.root)


def body(outcome: Outcome) -> Any:
    assert outcome.release is not None
    return outcome.release.manifest


def test_both_engines_publish_the_same_release(
    tmp_path: Path, remote: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_REMOTE", remote)
    ours = settle(tmp_path / "duckdb", ROWS)
    theirs = on_spark(settle(tmp_path / "spark", ROWS))
    one, other = publish(ours), publish(theirs)
    for name, table in body(one)["tables"].items():
        assert body(other)["tables"][name]["rows_sha256"] == table["rows_sha256"]
        assert body(other)["tables"][name]["files"] == table["files"]
        assert body(other)["tables"][name]["account"] == table["account"]
    assert body(other)["derived"] == body(one)["derived"]
    assert body(other)["content_sha256"] == body(one)["content_sha256"]

    for workspace in (ours, theirs):
        records = workspace.agencies / "rivertown" / "records"
        write_stops(records, [*ROWS[1:], stop(90), stop(3, Found="Yes", Searched="Yes")][:-1])
    assert body(publish(theirs))["changes"] == body(publish(ours))["changes"]

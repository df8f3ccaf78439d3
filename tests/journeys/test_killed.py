"""kill -9 at any moment, and many publishers at once, lose nothing and double nothing."""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from rivertown import publish, settle, stop, write_stops

from openbeat.protect.keys import VARIABLE
from openbeat.release.shelf import Shelf, history, object_path, open_shelf
from openbeat.release.verify import verify
from openbeat.workspace import Workspace, open_workspace

pytestmark = pytest.mark.usefixtures("key_file")
SERVER = multiprocessing.get_context("forkserver")  # a child starts with everything imported, and no thread


def publish_there(root: Path, key: str) -> None:
    os.environ[VARIABLE] = key  # the server of forks has the environment of the test that first needed it
    publish(open_workspace(root))


def started(workspace: Workspace) -> BaseProcess:
    child = SERVER.Process(target=publish_there, args=(workspace.root, os.environ[VARIABLE]))
    child.start()
    return child


def ids_by_version(shelf: Shelf) -> dict[int, list[str]]:
    found = {}
    for manifest in history(shelf, "rivertown", "stops"):
        file = manifest.body["tables"]["stops"]["files"]["parquet"]["object"]
        found[manifest.version] = pq.read_table(object_path(shelf, file)).column("stop_id").to_pylist()
    return found


@pytest.mark.parametrize("kills", [8, pytest.param(200, marks=[pytest.mark.slow, pytest.mark.timeout(1500)])])
def test_a_killed_publish_loses_and_doubles_nothing(tmp_path: Path, kills: int) -> None:
    SERVER.set_forkserver_preload(["openbeat.release.pipeline", "rivertown"])
    workspace = settle(tmp_path, [stop(number) for number in range(10)])
    began = time.monotonic()
    child = started(workspace)
    child.join()
    assert child.exitcode == 0
    usual = time.monotonic() - began
    chance, records = random.Random(kills), workspace.agencies / "rivertown" / "records"
    for kill in range(kills):
        write_stops(records, [stop(number) for number in range(11 + kill)])
        child = started(workspace)
        child.join(chance.uniform(0, usual))
        child.kill()
        child.join()
    publish(open_workspace(workspace.root))

    shelf = open_shelf(workspace.shelf)
    assert verify(shelf).clean
    published = ids_by_version(shelf)
    assert sorted(published) == list(range(1, len(published) + 1))
    assert all(len(ids) == len(set(ids)) for ids in published.values())
    assert len(published[max(published)]) == 10 + kills
    for version in range(2, len(published) + 1):
        assert set(published[version - 1]) < set(published[version])
    assert list((workspace.root / "state" / "scratch").iterdir()) == []


def publish_often(root: Path, key: str, records: Path, publisher: int, releases: int) -> None:
    os.environ[VARIABLE] = key
    for release in range(releases):
        # Each release has a row that no other has, so that none of them is unchanged.
        write_stops(records, [stop(number) for number in (*range(5), 1_000 * (publisher + 1) + release)])
        publish(open_workspace(root), records=records)


@pytest.mark.parametrize(
    ("publishers", "releases"),
    [(3, 2), pytest.param(16, 20, marks=[pytest.mark.slow, pytest.mark.timeout(1500)])],
)
def test_publishers_at_once_lose_nothing(tmp_path: Path, publishers: int, releases: int) -> None:
    SERVER.set_forkserver_preload(["openbeat.release.pipeline", "rivertown"])
    workspace = settle(tmp_path, [stop(number) for number in range(5)])
    children = [
        SERVER.Process(
            target=publish_often,
            args=(workspace.root, os.environ[VARIABLE], tmp_path / f"records{one}", one, releases),
        )
        for one in range(publishers)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0] * publishers

    shelf = open_shelf(workspace.shelf)
    assert verify(shelf).clean
    published = ids_by_version(shelf)
    assert sorted(published) == list(range(1, publishers * releases + 1))
    everywhere = set(published[1]).intersection(*published.values())
    of_their_own = {one for ids in published.values() for one in ids} - everywhere
    assert len(of_their_own) == publishers * releases

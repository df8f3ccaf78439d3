"""What a publisher leaves behind when it is killed, when the disk fails it, and when it is not alone."""

from __future__ import annotations

import errno
import os
import random
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import publisher
import pytest
from publisher import DIED, FINISHED, KEY, always, once

import openbeat
from openbeat.errors import ShelfFault
from openbeat.release.objects import OBJECT
from openbeat.release.shelf import VERSION, Shelf, Unchanged, history, open_shelf, store_bytes
from openbeat.release.verify import verify
from openbeat.release.withdrawal import sweep

PROGRAM = Path(publisher.__file__)
AT_ONCE = 4


def start(*words: object) -> subprocess.Popen[bytes]:
    home = Path(openbeat.__file__).parent.parent
    return subprocess.Popen(
        [sys.executable, "-S", str(PROGRAM), *map(str, words)], env={"PYTHONPATH": str(home)}
    )


def batches(shelf: Shelf) -> dict[str, int]:
    """The version of every batch; that none was published twice and none is missing is held here."""
    found = list(history(shelf, *KEY))
    assert [manifest.version for manifest in found] == list(range(len(found), 0, -1))
    assert max(Counter(manifest.body["batch"] for manifest in found).values(), default=1) == 1
    return {manifest.body["batch"]: manifest.version for manifest in found}


def only_whole_things(shelf: Shelf) -> bool:
    """Whether all outside tmp are sound objects, manifests and HEAD."""
    names = {path.name for path in shelf.manifests.rglob("*") if path.is_file()}
    named = all(name == "HEAD" or VERSION.fullmatch(name) for name in names)
    return (
        named and all(OBJECT.fullmatch(path.name) for path in shelf.objects.iterdir()) and verify(shelf).clean
    )


@pytest.mark.parametrize("kills", [25, pytest.param(200, marks=pytest.mark.slow)])
def test_nothing_acknowledged_is_lost_or_doubled_when_publishers_are_killed_at_random(
    tmp_path: Path, kills: int
) -> None:
    shelf, acks = open_shelf(tmp_path / "shelf"), tmp_path / "acks"
    acks.touch()
    for number in range(0, kills, AT_ONCE):
        before = acks.stat().st_size
        killed = [
            start("loop", shelf.root, f"p{number + i}", acks) for i in range(min(AT_ONCE, kills - number))
        ]
        deadline = time.monotonic() + 30
        while acks.stat().st_size == before and time.monotonic() < deadline:  # at least one is at work
            time.sleep(0.002)
        for child in killed:
            time.sleep(random.uniform(0, 0.05))
            child.kill()
        assert [child.wait() for child in killed] == [-9] * len(killed)
    published = batches(shelf)
    acknowledged = [line.split() for line in acks.read_text().splitlines()]
    assert len(acknowledged) >= kills // AT_ONCE
    assert {batch: int(version) for version, batch in acknowledged}.items() <= published.items()
    assert only_whole_things(shelf)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_publisher_killed_at_any_step_leaves_a_clean_shelf_and_the_next_one_finishes(
    tmp_path: Path, when: str
) -> None:
    died, step = DIED, 0
    while died == DIED:
        step += 1
        shelf = open_shelf(tmp_path / f"{step}")
        always(shelf, "first")
        with start("die", shelf.root, "second", when, step) as child:
            died = child.wait()
        assert died in (DIED, FINISHED)
        assert only_whole_things(shelf)
        once(shelf, "second")
        assert batches(shelf) == {"first": 1, "second": 2}
        assert only_whole_things(shelf)
    assert step > 25, "the publisher made fewer system calls than publishing takes"


@contextmanager
def failing(first: int, last: float, code: int) -> Iterator[list[str]]:
    """System calls `first` to `last` fail; yields the names of those that did."""
    failed: list[str] = []
    real = {name: getattr(os, name) for name in publisher.CALLS}

    def strike(name: str, n: int, call: Any, args: Any, kwargs: Any) -> Any:
        if first <= n <= last:
            failed.append(name)
            if name == "write":
                call(args[0], args[1][: len(args[1]) // 2])
            raise OSError(code, os.strerror(code))
        return call(*args, **kwargs)

    publisher.count_calls(strike)
    try:
        yield failed
    finally:
        for name, call in real.items():
            setattr(os, name, call)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO], ids=["disk full", "i/o error"])
@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
def test_when_the_nth_call_fails_nothing_is_half_written_and_a_second_try_succeeds(
    tmp_path: Path, lasting: bool, code: int
) -> None:
    said: list[str] = []
    failed, step = ["the first is still to come"], 0
    while failed:
        step += 1
        shelf = open_shelf(tmp_path / f"{step}")
        with failing(step, float("inf") if lasting else step, code) as failed:
            try:
                once(shelf, "only")
            except ShelfFault as error:
                said.append(str(error))
        assert only_whole_things(shelf)
        once(shelf, "only")
        assert batches(shelf) == {"only": 1}
        assert only_whole_things(shelf)
    assert len(said) > 20
    assert all(os.strerror(code) in one for one in said)  # the reader learns what the disk said


def test_a_real_limit_of_the_kernel_on_file_size_leaves_nothing_half_written(tmp_path: Path) -> None:
    shelf = open_shelf(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, hard))
    try:
        with pytest.raises(ShelfFault, match="File too large"):
            store_bytes(shelf, bytes(10_000), "parquet")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_sixteen_publishers_at_once_lose_none_of_their_releases(tmp_path: Path) -> None:
    shelf = open_shelf(tmp_path)
    children = [start("count", shelf.root, f"p{number}", 20) for number in range(16)]
    assert [child.wait() for child in children] == [0] * 16
    published = batches(shelf)
    assert set(published) == {f"p{number}-{i}" for number in range(16) for i in range(20)}
    assert sorted(published.values()) == list(range(1, 321))
    assert verify(shelf).clean


def test_sweeping_and_publishing_at_the_same_time_loses_no_object(tmp_path: Path) -> None:
    shelf = open_shelf(tmp_path)
    children = [start("count", shelf.root, f"p{number}", 20) for number in range(4)]
    sweeps = 0
    while any(child.poll() is None for child in children):
        sweep(shelf, timedelta(minutes=5))
        sweeps += 1
    assert [child.wait() for child in children] == [0] * 4
    assert len(batches(shelf)) == 80
    assert sweeps > 3
    assert verify(shelf).clean


def test_a_publisher_that_was_killed_after_linking_finds_its_work_done(tmp_path: Path) -> None:
    shelf = open_shelf(tmp_path)
    once(shelf, "only")
    (shelf.manifests / KEY[0] / KEY[1] / "HEAD").unlink()  # killed before HEAD was written
    assert isinstance(once(shelf, "only"), Unchanged)
    assert batches(shelf) == {"only": 1}

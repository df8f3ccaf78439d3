"""What an append leaves behind when it is killed, when the disk fails it, and when it is not alone."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keeper
import publisher
import pytest
from keeper import FIRST, KEY, SECOND, START, give, table

import openbeat
from openbeat.disk import locked
from openbeat.errors import VaultFault
from openbeat.vault import Held, Vault, open_vault, store

STATES: list[dict[str, str]] = [{}, FIRST, SECOND]


def start(*words: object) -> subprocess.Popen[bytes]:
    paths = [Path(openbeat.__file__).parent.parent, Path(publisher.__file__).parent]
    environment = {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    return subprocess.Popen([sys.executable, keeper.__file__, *map(str, words)], env=environment)


def state(vault: Vault) -> dict[str, str]:
    """What the vault holds, the same in both tables."""
    held = [
        {row["id"]: row["word"] for row in vault.rows(name).to_pylist()} if name in vault.tables() else {}
        for name in ("one", "two")
    ]
    assert held[0] == held[1]
    return held[0]


def orphans(folder: Path) -> list[str]:
    """Files that no commit names."""
    commits = store.read_commits(store.open_store(folder, KEY))
    named = {part.sha256 for commit in commits for entry in commit.tables.values() for part in entry.parts}
    objects = [path.name for path in (folder / "objects").iterdir() if path.stem not in named]
    return objects + [path.name for path in (folder / "tmp").iterdir()]


def finish(folder: Path) -> None:
    """Whoever comes next gets to the same end, and nothing lies about."""
    vault = open_vault(folder, KEY)
    for hours, rows in enumerate((FIRST, SECOND), start=1):
        if state(vault) in STATES[:hours]:
            give(vault, rows, hours=hours)
    give(vault, SECOND, hours=3)
    assert state(open_vault(folder, KEY)) == SECOND
    assert orphans(folder) == []


@pytest.mark.slow  # a process for every step
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_any_step_it_leaves_the_old_state_or_the_new_one(tmp_path: Path, when: str) -> None:
    with start("die", tmp_path, when) as children:
        assert children.wait() == publisher.FINISHED
    reached = []
    for step in sorted(tmp_path.iterdir(), key=lambda path: int(path.name)):
        acks = step / "acks"
        acknowledged = int(acks.read_text("ascii") or 0) if acks.exists() else 0
        found = STATES.index(state(open_vault(step / "vault", KEY)))
        assert found >= acknowledged
        finish(step / "vault")
        reached.append(found)
    assert reached == sorted(reached)
    assert set(reached) == {0, 1, 2}
    assert len(reached) > 60, "the child made fewer system calls than two appends take"


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


@pytest.mark.slow  # an append for every call of the file system
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO], ids=["disk full", "i/o error"])
@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
def test_when_the_nth_call_fails_the_same_vault_goes_on_afterwards(
    tmp_path: Path, lasting: bool, code: int
) -> None:
    said: list[str] = []
    failed, step = ["the first is still to come"], 0
    while failed:
        step += 1
        folder = tmp_path / str(step)
        vault = open_vault(folder, KEY)
        give(vault, FIRST, hours=1)
        with failing(step, float("inf") if lasting else step, code) as failed:
            try:
                give(vault, SECOND, hours=2)
            except VaultFault as error:
                said.append(str(error))
        assert state(vault) == state(open_vault(folder, KEY))
        assert state(vault) in (FIRST, SECOND)
        give(vault, SECOND, hours=3)
        assert state(vault) == SECOND
        finish(folder)
    assert len(said) > 15
    assert all(os.strerror(code) in one for one in said)  # the reader learns what the disk said


@pytest.mark.parametrize("kills", [4, pytest.param(40, marks=pytest.mark.slow)])
def test_nothing_acknowledged_is_lost_when_it_is_killed_at_random(tmp_path: Path, kills: int) -> None:
    folder, acks = tmp_path / "vault", tmp_path / "acks"
    acks.touch()
    for _ in range(kills):
        before = acks.stat().st_size
        with start("loop", folder, acks) as child:
            deadline = time.monotonic() + 30
            while acks.stat().st_size == before and time.monotonic() < deadline:  # it is at work
                time.sleep(0.002)
            time.sleep(random.uniform(0, 0.1))
            child.kill()
    acknowledged = len(acks.read_text("ascii").split())
    held = open_vault(folder, KEY).rows("one")
    assert acknowledged >= kills
    assert (
        acknowledged <= held.num_rows <= acknowledged + kills
    )  # one more for each that died before noting it
    assert sorted(map(int, held["id"].to_pylist())) == list(range(held.num_rows))


def test_a_second_writer_is_told_that_it_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = open_vault(tmp_path / "vault", KEY)
    give(vault, FIRST, hours=1)
    monkeypatch.setattr(store, "PATIENCE", 0.05)
    with (
        locked(tmp_path / "vault" / "commits", alone=True),
        pytest.raises(VaultFault, match="another program"),
    ):
        give(vault, SECOND, hours=2)
    assert state(vault) == FIRST
    give(vault, SECOND, hours=2)
    assert state(vault) == SECOND


def test_two_who_have_the_vault_open_see_what_the_other_appended(tmp_path: Path) -> None:
    one, two = open_vault(tmp_path, KEY), open_vault(tmp_path, KEY)
    give(one, FIRST, hours=1)
    assert state(two) == FIRST
    give(two, SECOND, hours=2)
    assert state(one) == SECOND


def test_many_writers_at_once_lose_nothing_and_readers_see_it_grow(tmp_path: Path) -> None:
    shared = open_vault(tmp_path, KEY)
    shared.append({"one": Held(rows=table({}), key=("id",))}, at=START)

    def read() -> None:
        before, deadline = 0, time.monotonic() + 60
        while before < 20 and time.monotonic() < deadline:
            seen = shared.rows("one").num_rows
            assert seen >= before
            before = seen

    def write(vault: Vault, name: str) -> None:
        for number in range(5):
            rows = table({f"{name}-{number}": "more"})
            vault.append({"one": Held(rows=rows, key=("id",))}, at=START)

    threads = [
        threading.Thread(target=write, args=(vault, str(number)))
        for number, vault in enumerate([shared, shared, shared, open_vault(tmp_path, KEY)])
    ]
    threads.append(threading.Thread(target=read))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = sorted(f"{name}-{number}" for name in range(4) for number in range(5))
    assert shared.rows("one")["id"].to_pylist() == expected
    assert open_vault(tmp_path, KEY).rows("one")["id"].to_pylist() == expected

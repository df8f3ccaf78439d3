"""A publisher for the crash tests to kill: run as a program, so that it dies as one.

publisher.py loop  ROOT NAME ACKS          publish until killed, noting each version that was acknowledged
publisher.py count ROOT NAME TIMES         publish so many releases
publisher.py die   ROOT NAME BEFORE|AFTER N   publish once, and exit before or after the n-th system call
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from openbeat.release.shelf import (
    Manifest,
    Published,
    Shelf,
    Unchanged,
    history,
    open_shelf,
    publish,
    store_bytes,
)

KEY = ("ferndale", "stops")
CALLS = ("open", "write", "fsync", "fchmod", "chmod", "mkdir", "link", "rename", "replace", "unlink", "utime")
DIED, FINISHED = 77, 0


def once(shelf: Shelf, batch: str) -> Published | Unchanged:
    """The batch published, unless it already is."""
    stored = store_bytes(shelf, batch.encode() * 1_000, "csv")

    def build(previous: Manifest | None) -> Mapping[str, Any] | None:
        if any(version.body["batch"] == batch for version in history(shelf, *KEY)):
            return None
        return {"batch": batch, "files": [stored.reference]}

    return publish(shelf, *KEY, build)


def always(shelf: Shelf, batch: str) -> int:
    """The version that the batch was published as; nobody looks whether it already is."""
    stored = store_bytes(shelf, batch.encode() * 1_000, "csv")
    done = publish(shelf, *KEY, lambda previous: {"batch": batch, "files": [stored.reference]})
    assert isinstance(done, Published)
    return done.manifest.version


def count_calls(
    strike: Callable[[str, int, Callable[..., Any], tuple[Any, ...], dict[str, Any]], Any],
) -> None:
    """From here on, `strike(name, n, call, args, kwargs)` stands in for the n-th system call."""
    numbers = count(1)
    for name in CALLS:
        call = getattr(os, name)

        def struck(*args: Any, _name: str = name, _call: Callable[..., Any] = call, **kwargs: Any) -> Any:
            return strike(_name, next(numbers), _call, args, kwargs)

        setattr(os, name, struck)


def die_at(when: str, which: int) -> None:
    """Exit before or after the `which`-th system call; a write that is interrupted has written a half."""

    def strike(name: str, n: int, call: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if n == which:
            with suppress(OSError):
                if name == "write":
                    call(args[0], args[1][: len(args[1]) // 2])
                elif when == "after":
                    call(*args, **kwargs)
            os._exit(DIED)
        return call(*args, **kwargs)

    count_calls(strike)


def main(mode: str, root: str, name: str, *rest: str) -> None:
    shelf = open_shelf(Path(root))
    if mode == "loop":
        acks = os.open(rest[0], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for number in count(1):
            batch = f"{name}-{number}"
            os.write(acks, f"{always(shelf, batch)} {batch}\n".encode())
    elif mode == "count":
        for number in range(int(rest[0])):
            always(shelf, f"{name}-{number}")
    else:
        die_at(rest[0], int(rest[1]))
        once(shelf, name)
        os._exit(FINISHED)


if __name__ == "__main__":
    main(*sys.argv[1:])

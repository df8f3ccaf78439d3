"""A parser in a process of its own, with limits: what breaks it, breaks nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from openbeat.errors import UnreadableSource
from openbeat.sources import parsers
from openbeat.sources.notes import Notes
from openbeat.sources.tidy import CELL

MEMORY = 448 << 20  # bytes of address space
SECONDS = 300  # of processor time
REMEDIES = ("export it again", "export it as CSV, which has no such limits")


def confined(kind: str, path: Path, what: str, notes: Notes) -> Iterator[object]:
    """What the parser says it found (a dict), then its rows; raises UnreadableSource for what breaks it.

    kind    "workbook" or "document", of `parsers`
    what    the sheet, or the path of the records
    """
    limits = [str(MEMORY), str(SECONDS), str(CELL)]
    command = [sys.executable, "-I", str(parsers.__file__), kind, str(path.absolute()), what, *limits]
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
    )
    try:
        assert child.stdout is not None
        for line in child.stdout:
            said = json.loads(line[1:]) if line.endswith("\n") else None
            if line[0] == "#" and said == {"end": True}:
                return
            if line[0] == "#" and said and said.get("error") == "damaged":
                raise UnreadableSource(
                    f"it is damaged, or not what its name says ({said['names'][0]})",
                    where=notes.where,
                    remedies=REMEDIES,
                )
            if line.endswith("\n"):
                yield said
    finally:
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()
    raise UnreadableSource(
        f"reading it took more than {MEMORY >> 20} MiB or {SECONDS} s, or broke the parser, and was stopped",
        where=notes.where,
        remedies=REMEDIES,
    )

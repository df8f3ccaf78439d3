"""A program that keeps a vault, for the crash tests to kill.

keeper.py loop FOLDER ACKS             append one row after another until killed, noting each that was held
keeper.py die  FOLDER before|after     make FOLDER/1, FOLDER/2 …, the n-th by a child that exits at its n-th
                                       system call, until a child comes through; each notes how far it got
"""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pyarrow as pa
from publisher import DIED, FINISHED, die_at

from openbeat.vault import Held, Vault, VaultKey, open_vault

KEY = VaultKey(bytes(range(32)))
START = datetime(2026, 1, 1)
FIRST = {"1": "a", "2": "b"}
SECOND = {"1": "a", "3": "c"}


def table(rows: dict[str, str]) -> pa.Table:
    return pa.table({"id": pa.array(list(rows), pa.string()), "word": pa.array(rows.values(), pa.string())})


def give(vault: Vault, rows: dict[str, str], *, hours: int) -> None:
    """All that there is, in two tables: what is not among it is gone."""
    everything = frozenset({*FIRST.values(), *SECOND.values()})
    held = Held(rows=table(rows), key=("id",), within=("word", everything))
    vault.append({"one": held, "two": held}, at=START + timedelta(hours=hours))


def both(folder: Path, acks: Path) -> None:
    """A vault made, given two states, and a note after each."""
    vault = open_vault(folder, KEY)
    for hours, rows in enumerate((FIRST, SECOND), start=1):
        give(vault, rows, hours=hours)
        acks.write_text(str(hours), encoding="ascii")


def loop(folder: Path, acks: Path) -> None:
    vault = open_vault(folder, KEY)
    held = vault.rows("one").num_rows if vault.tables() else 0
    for number in count(held):
        rows = table({str(number): "more"})
        vault.append({"one": Held(rows=rows, key=("id",))}, at=START)
        with acks.open("a", encoding="ascii") as file:
            file.write(f"{number}\n")


def die(folder: Path, when: str) -> None:
    table(FIRST)  # Arrow loads what it needs here, once, and not in each child
    for step in count(1):
        place = folder / str(step)
        place.mkdir()
        child = os.fork()
        if not child:
            die_at(when, step)
            both(place / "vault", place / "acks")
            os._exit(FINISHED)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code != DIED:
            sys.exit(code)


if __name__ == "__main__":
    mode, root, rest = sys.argv[1:]
    if mode == "loop":
        loop(Path(root), Path(rest))
    else:
        die(Path(root), rest)

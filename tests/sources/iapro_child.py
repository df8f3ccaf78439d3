"""An extraction in a process of its own, killed at a point: `iapro_child.py FILE VAULTS WHERE COUNT`."""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from pathlib import Path

from iapro_servers import Vaults, sqlite_url

from openbeat.sources.iapro.state import Heartbeat, Run, remember
from openbeat.vault import read_vault_key


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(file: Path, folder: Path, where: str, count: int) -> None:
    written: list[Path] = []

    def killing(state: Path, said: Heartbeat) -> None:
        written.append(state)
        if where == "before the state" and len(written) == count:
            die()
        remember(state, said)

    def progress(run: Run) -> None:
        if where == "between pages" and run.pages == count:
            die()

    # By its full name: the package exports a function of the same name.
    vars(import_module("openbeat.sources.iapro.pull"))["remember"] = killing
    vaults = Vaults(folder=folder, key=read_vault_key(folder))
    vaults.fill(sqlite_url(file), progress=progress)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))

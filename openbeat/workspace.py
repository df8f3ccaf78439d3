"""An installation's folder: openbeat.toml, the agencies, the shelf, and scratch space that is cleaned up."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from openbeat.agency import Agency, load_agency
from openbeat.errors import WrongSettings

SETTINGS = {"engine": "duckdb", "site": "http://127.0.0.1:8000", "records": "", "memory": "4GB"}
MEMORY = re.compile(r"[0-9]+(\.[0-9]+)? ?[KMGT]i?B", re.IGNORECASE)
MEMORY_DISK = Path("/dev/shm")  # noqa: S108  where Linux has a disk that is only memory
TEMPLATE = """# An openbeat workspace. No secret stands here: OPENBEAT_KEY_FILE in the environment names it.
engine  = "duckdb"                  # or "spark", with SPARK_REMOTE naming a Spark Connect server
site    = "http://127.0.0.1:8000"   # where the public will find the portal
records = ""                        # the folder of agency.toml's files; "": records/ beside agency.toml
memory  = "4GB"                     # the most that the embedded engine may use
"""


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """Where an installation keeps its things, and how it runs."""

    root: Path
    engine: str
    site: str
    records: Path | None
    memory: str

    @property
    def shelf(self) -> Path:
        """Where its releases lie: all that the public side may read."""
        return self.root / "shelf"

    @property
    def agencies(self) -> Path:
        """Where its agencies' settings lie."""
        return self.root / "agencies"

    @property
    def vault(self) -> Path:
        """Where its confidential records lie, encrypted: a folder for each agency."""
        return self.root / "vault"

    @contextmanager
    def scratch(self, *, confidential: bool = False) -> Iterator[Path]:
        """A folder that only its owner may read, gone afterwards; one left by a killed run is swept up.

        confidential  it lies in memory, for rows of the vault, which no disk may hold in the clear
        Raises WrongSettings where confidential rows are to be laid out and the machine has no such memory.
        """
        place = self.root / "state" / "scratch"
        if confidential:
            place = _memory()
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in place.iterdir():
            if not _is_running(left.name.split("-")[0]):
                shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(dir=place, prefix=f"{os.getpid()}-"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def open_workspace(root: Path) -> Workspace:
    """The workspace at `root`.

    Raises WrongSettings where there is none or its openbeat.toml cannot be meant.
    """
    path = root / "openbeat.toml"
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise WrongSettings(
            "is no workspace: it has no openbeat.toml",
            where="the current folder" if root == Path() else str(root),
            remedies=["make one: openbeat new DIR", "name another with --workspace DIR"],
        ) from error
    except OSError as error:
        raise WrongSettings(
            f"cannot be read: {error.strerror}",
            where=str(path),
            remedies=["name another with --workspace DIR"],
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongSettings(
            f"is not TOML: {error}", where=str(path), remedies=["mend the line it names"]
        ) from error
    for key, value in data.items():
        if key not in SETTINGS:
            close = get_close_matches(key, list(SETTINGS), n=1)
            raise WrongSettings(
                f"there is no setting {key!r}" + (f": did you mean {close[0]!r}?" if close else ""),
                where=str(path),
                remedies=[f"use one of {', '.join(SETTINGS)}"],
            )
        if not isinstance(value, str):
            raise WrongSettings(
                f"{key} must be text in quotes", where=str(path), remedies=["put it in quotes"]
            )
    settings = SETTINGS | data
    if not MEMORY.fullmatch(settings["memory"]):
        raise WrongSettings(
            "memory is no amount", where=str(path), remedies=['write a number and its unit: "4GB", "512MB"']
        )
    return Workspace(
        root=root,
        engine=settings["engine"],
        site=settings["site"].rstrip("/"),
        records=(root / settings["records"]).resolve() if settings["records"] else None,
        memory=settings["memory"],
    )


def new_workspace(root: Path) -> Workspace:
    """A workspace at `root`, made where there was none; what is there already stays as it is."""
    for folder in ("agencies", "shelf", "state", "vault"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for folder in ("state", "vault"):
        (root / folder).chmod(0o700)
    settings = root / "openbeat.toml"
    if not settings.exists():
        settings.write_text(TEMPLATE, "utf-8")
    return open_workspace(root)


def find_agency(workspace: Workspace, name: str) -> Agency:
    """The agency of the workspace called so, or the one whose folder or agency.toml `name` is the path of."""
    if (workspace.agencies / name / "agency.toml").is_file():
        return load_agency(workspace.agencies / name / "agency.toml")
    path = Path(name)
    if path.is_file() or (path / "agency.toml").is_file():
        return load_agency((path if path.is_file() else path / "agency.toml").resolve())
    here = sorted(one.parent.name for one in workspace.agencies.glob("*/agency.toml"))
    raise WrongSettings(
        f"there is no agency {name!r}",
        where=str(workspace.root),
        remedies=[
            f"use one of {', '.join(here)}"
            if here
            else "write a first agency.toml: openbeat agency draft FILES… --as DATASET",
            "name the folder that holds its agency.toml",
        ],
    )


def _memory() -> Path:
    """A folder of this user's in the machine's memory."""
    if not (MEMORY_DISK.is_dir() and os.access(MEMORY_DISK, os.W_OK)):
        raise WrongSettings(
            "there is no folder in memory for confidential rows",
            where=str(MEMORY_DISK),
            remedies=["mount one: mount -t tmpfs -o size=4g tmpfs /dev/shm"],
        )
    place = MEMORY_DISK / f"openbeat-{os.getuid()}"
    place.mkdir(mode=0o700, exist_ok=True)
    about = place.lstat()
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.getuid() or about.st_mode & 0o077:
        raise WrongSettings(
            "is not this user's alone", where=str(place), remedies=["remove it, and find out who made it"]
        )
    return place


def _is_running(process: str) -> bool:
    if not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True

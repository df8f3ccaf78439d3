"""A PostgreSQL server of the tests' own: the binaries of PyPI's pgserver, or else Debian's."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest


def binaries() -> Path | None:
    """The folder with initdb and pg_ctl; None where there is none."""
    package = find_spec("pgserver")
    found = (
        [Path(place) / "pginstall" / "bin" for place in (package.submodule_search_locations or [])]
        if package
        else []
    )
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in found if (folder / "initdb").exists()), None)


def unprivileged() -> str | None:
    """Whom the server runs as: it refuses to run as root."""
    if os.geteuid():
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


@contextmanager
def running(folder: Path) -> Iterator[Path]:
    """A server on a socket in the folder; yields the folder."""
    tools = binaries()
    assert tools is not None
    user = unprivileged()
    if user:
        shutil.chown(folder, user)

    def run(tool: str, *arguments: str) -> None:
        subprocess.run(
            [str(tools / tool), *arguments],
            check=True,
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            stdout=subprocess.DEVNULL,
            timeout=60,
        )

    data, log = str(folder / "data"), str(folder / "log")
    run(
        "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "scram-sha-256",
        "-E",
        "UTF8",
        "--no-sync",
        "--pwfile",
        _password(folder),
    )
    quiet = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    run("pg_ctl", "-D", data, "-l", log, "-w", "-o", quiet, "start")
    try:
        yield folder
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")


PASSWORD = "of the tests: @ / ü"


def _password(folder: Path) -> str:
    file = folder / "password"
    file.write_text(PASSWORD, encoding="utf-8")
    file.chmod(0o644)
    return str(file)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Path]:
    """The folder of a running server's socket, user postgres; skipped where no server is installed."""
    if binaries() is None:
        pytest.skip("needs a PostgreSQL server: PyPI's pgserver, or Debian's postgresql")
    # Not pytest's own folder: a socket's address may have 107 characters, and the server is another user.
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        Path(folder).chmod(0o755)
        with running(Path(folder)) as place:
            yield place


def connect(
    server: Path, database: str = "postgres", user: str = "postgres", password: str = PASSWORD
) -> psycopg.Connection[tuple[object, ...]]:
    """A connection of one's own to the server, committing each statement."""
    return psycopg.connect(host=str(server), dbname=database, user=user, password=password, autocommit=True)

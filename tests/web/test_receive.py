"""Extractors hand records in over HTTP: the replies of Comport's protocol, and what is turned away."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from extractor import (
    ASSAULTS,
    CHUNK,
    COMPLAINTS,
    MUTATORS,
    Extractor,
    Mutator,
    Row,
    in_any_order,
    make_rows,
    reference_schemas,
)
from rivertown import SETTINGS

from openbeat.cli import cli
from openbeat.sources.comport import view
from openbeat.vault import VARIABLE, open_vault, read_vault_key
from openbeat.web.receive.application import Credentials, application
from openbeat.workspace import new_workspace

CANARY = "XQZJV"
PROGRAM = "import sys; from openbeat.cli.receive import receive; receive()"
FULL = {"opaqueId": "1"} | dict.fromkeys(ASSAULTS.keys() - {"opaqueId"})


class Desk:
    """A workspace, and `openbeat receive` in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.root, self.log = new_workspace(folder / "workspace").root, folder / "log"
        home = self.root / "agencies" / "rivertown"
        home.mkdir(parents=True)
        (home / "agency.toml").write_text(SETTINGS, "utf-8")
        self.key = folder / "vault.key"
        self.key.touch(mode=0o600)
        self.key.write_text("3c" * 32, encoding="ascii")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.extractor = Extractor(probe.getsockname()[1])

    @property
    def environment(self) -> dict[str, str]:
        one = self.extractor
        said = {"COMPORT_USERNAME": one.username, "COMPORT_PASSWORD": one.password, VARIABLE: str(self.key)}
        return {**os.environ, **said}

    @contextmanager
    def open(self, *options: str) -> Iterator[subprocess.Popen[str]]:
        """The process, once it answers; it is stopped at the end if it still runs."""
        words = ["rivertown", "--workspace", str(self.root), "--port", str(self.extractor.port), *options]
        with (
            self.log.open("a") as log,
            subprocess.Popen(
                [sys.executable, "-c", PROGRAM, *words],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=self.environment,
                start_new_session=True,  # so that a kill takes its worker along
            ) as process,
        ):
            assert process.stdout is not None
            told = process.stdout.readline()
            assert f":{self.extractor.port}/data/" in told, self.log.read_text()
            yield process
            if process.poll() is None:
                process.terminate()

    def contact(self) -> Any:
        return json.loads((self.root / "state" / "comport" / "rivertown" / "contact.json").read_text("utf-8"))

    def view(self, dataset: str) -> list[Row]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(VARIABLE, str(self.key))
            key = read_vault_key(self.root)
        rows: list[Row] = view(open_vault(self.root / "vault" / "rivertown", key), dataset).to_pylist()
        return rows


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk that is open; each test hands in incidents of its own."""
    found = Desk(tmp_path_factory.mktemp("desk"))
    with found.open("--from", "2016-05"):
        yield found


def rows_of(seed: int, count: int, **more: int) -> list[Row]:
    return make_rows(ASSAULTS, count, random.Random(seed), **more)


def held(desk: Desk, rows: list[Row], dataset: str = "assaults") -> list[Row]:
    """What is held of the incidents of these rows."""
    incidents = {row["opaqueId"] for row in rows}
    return [row for row in desk.view(dataset) if row["opaqueId"] in incidents]


def test_a_heartbeat_is_answered_with_the_month_to_start_from(desk: Desk) -> None:
    assert desk.extractor.heartbeat() == {
        "received": {"heartbeat": "heartbeat"},
        "nextMonth": 5,
        "nextYear": 2016,
    }


def test_an_extractor_of_every_department_hands_in_all_its_datasets(desk: Desk, shared: Path) -> None:
    chance, sent = random.Random(4), dict[str, list[Row]]()
    desk.extractor.heartbeat()
    for (dataset, department), keys in reference_schemas(shared).items():
        rows = make_rows(keys, 250, chance, incidents=100)
        answers = desk.extractor.hand_in(dataset, rows)
        assert {one.status for one in answers} == {200}, (dataset, department)
        assert [sum(one.json.values()) for one in answers] == [100, 100, 50]
        sent[dataset] = sent.get(dataset, []) + rows
    for dataset, rows in sent.items():
        assert in_any_order(held(desk, rows, dataset)) == in_any_order(rows)


def test_a_reply_counts_rows_of_new_incidents_and_of_known_ones(desk: Desk) -> None:
    rows = rows_of(1, 30)
    desk.extractor.heartbeat()
    (first,) = desk.extractor.hand_in("assaults", rows[:20])
    desk.extractor.heartbeat()
    (second,) = desk.extractor.hand_in("assaults", rows)
    assert (first.json, second.json) == ({"added": 20, "updated": 0}, {"added": 10, "updated": 20})


@pytest.mark.parametrize("mutator", MUTATORS)
def test_rows_as_comports_own_client_spoilt_them_are_kept_or_refused_chunk_by_chunk(
    desk: Desk, mutator: Mutator
) -> None:
    chance = random.Random(100 + MUTATORS.index(mutator))
    rows = [mutator(row, chance) for row in make_rows(COMPLAINTS, 150, chance)]
    answers = desk.extractor.hand_in("complaints", rows)
    assert [one.status for one in answers] == [200, 200]  # all of it is text, and occuredDate stays a time
    assert in_any_order(held(desk, rows, "complaints")) == in_any_order(rows)


def test_of_a_chunk_with_one_bad_row_nothing_is_kept(desk: Desk) -> None:
    rows = rows_of(2, CHUNK)
    bad = [*rows[:50], rows[50] | {"arrestMade": CANARY}, *rows[51:]]
    (answer,) = desk.extractor.hand_in("assaults", bad)
    assert answer.status == 400
    assert answer.text == "data/assaults: row 51: 'arrestMade' must be true, false or null"
    assert held(desk, rows) == []


def test_chunks_that_come_at_once_are_all_kept(desk: Desk) -> None:
    rows = rows_of(3, 20 * CHUNK, incidents=300)
    chunks = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
    desk.extractor.heartbeat()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda chunk: desk.extractor.hand_in("assaults", chunk)[0], chunks * 2))
    assert {one.status for one in answers} == {200}
    assert in_any_order(held(desk, rows)) == in_any_order(rows)


def basic(login: str) -> str:
    return f"Basic {b64encode(login.encode()).decode()}"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic ñ",
        "Basic !!",
        basic(""),
        basic(":"),
        basic("extractor"),
        basic("extractor:"),
        basic("extractor:correct"),
        basic("extractor:correct horse "),
        basic("Extractor:correct horse"),
        basic("extractor:correct horse").replace("Basic", "Bearer"),
    ],
)
def test_whoever_has_not_the_name_and_the_password_hands_nothing_in(desk: Desk, header: str | None) -> None:
    rows = rows_of(6, 3)
    sent = {"Content-Type": "application/json"}
    if header is not None:
        sent["Authorization"] = header.encode().decode("latin-1")
    body = json.dumps({"data": rows}).encode()
    for path in ("/data/assaults", "/data/heartbeat", "/data/nonsense"):
        answer = desk.extractor.ask("POST", path, body, sent)
        assert (answer.status, answer.text) == (401, "Extractor authorization failed!")
    assert held(desk, rows) == []


def test_other_ways_to_ask_are_answered_plainly(desk: Desk) -> None:
    login = {"Authorization": basic("extractor:correct horse")}
    for method in ("GET", "PUT", "DELETE", "HEAD"):
        assert desk.extractor.ask(method, "/data/assaults", None, login).status == 405
    for path in ("/", "/data", "/data/assaults/1", "/data/../data/assaults/", "/admin"):
        assert desk.extractor.post(path, {}).status == 404, path
    assert desk.extractor.ask("GET", "/health", None, {}).status == 200
    assert desk.extractor.post(f"/data/{CANARY}", {"data": []}).status == 400


def test_a_body_that_is_too_large_is_turned_away(desk: Desk) -> None:
    rows = rows_of(7, 1)
    body = json.dumps({"data": rows}).encode() + b" " * (9 * 2**20)
    assert desk.extractor.post("/data/assaults", body).status == 413
    assert held(desk, rows) == []


def test_a_form_that_a_page_in_a_browser_could_send_is_turned_away(desk: Desk) -> None:
    rows = rows_of(8, 1)
    answer = desk.extractor.post("/data/assaults", {"data": rows}, **{"Content-Type": "text/plain"})
    assert answer.status == 400
    assert held(desk, rows) == []


def test_a_body_that_ends_early_is_not_kept_and_the_desk_goes_on(desk: Desk) -> None:
    rows = rows_of(9, 1)
    body = json.dumps({"data": rows}).encode()
    head = (
        "POST /data/assaults HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: {basic('extractor:correct horse')}\r\nContent-Length: {len(body) + 10}\r\n\r\n"
    )
    desk.extractor.heartbeat()
    assert desk.contact()["whole"]
    with socket.create_connection(("127.0.0.1", desk.extractor.port)) as line:
        line.sendall(head.encode() + body)
    until = time.monotonic() + 10
    while desk.contact()["whole"] and time.monotonic() < until:
        time.sleep(0.01)
    assert not desk.contact()["whole"]
    assert held(desk, rows) == []


def test_a_line_that_breaks_while_it_is_read_is_told_to_the_receiver_and_answered() -> None:
    class Breaking(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ConnectionResetError(CANARY)

    class Counting:
        missing = 0

        def heartbeat(self, body: bytes) -> dict[str, Any]:
            raise AssertionError("nothing was read")

        def deliver(self, dataset: str, body: bytes) -> dict[str, Any]:
            raise AssertionError("nothing was read")

        def missed(self) -> None:
            self.missing += 1

    receiver, said, started = Counting(), list[str](), list[str]()
    serve = application(receiver, Credentials(username="x", password="y"), say=said.append)
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/data/UOF", "HTTP_AUTHORIZATION": basic("x:y")}
    more = {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": "10", "wsgi.input": Breaking()}

    def start_response(status: str, headers: Any, exc_info: Any = None, /) -> Any:
        started.append(status)

    body = b"".join(serve(environ | more, start_response))
    assert (started, receiver.missing) == (["503 Service Unavailable"], 1)
    assert CANARY not in f"{body!r}{said}"


def test_nothing_that_was_handed_in_stands_in_a_reply_a_log_or_a_file(desk: Desk) -> None:
    def spoilt(**change: object) -> object:
        return {"data": [FULL | {"opaqueId": CANARY} | change]}

    bodies: list[object] = [
        spoilt(forceType=CANARY),
        spoilt(arrestMade=CANARY),
        spoilt(assignment=[CANARY]),
        spoilt(**{f"{CANARY} Smith": 1}),
        {"data": [{"opaqueId": CANARY}]},
        {"data": [CANARY]},
        {"data": CANARY},
        {CANARY + "!": []},
        CANARY,
        f'{{"data": [{CANARY}'.encode(),
    ]
    answers = [desk.extractor.post("/data/assaults", body) for body in bodies]
    answers += [desk.extractor.post("/data/heartbeat", {"heartbeat": CANARY})]
    answers += [desk.extractor.post(f"/data/{CANARY}", spoilt())]
    assert [one.status for one in answers] == [200] + [400] * (len(answers) - 1)
    assert not [one.text for one in answers if CANARY in one.text]
    files = [path for path in desk.root.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert not [path for path in (desk.log, *files) if CANARY.encode() in path.read_bytes()]
    assert desk.extractor.password not in desk.log.read_text()


def test_when_the_extractor_was_last_heard_of_stands_in_a_file(desk: Desk) -> None:
    before = datetime.now().replace(microsecond=0)
    desk.extractor.heartbeat()
    said = desk.contact()
    assert before <= datetime.fromisoformat(said["last_contact"]) <= datetime.now()
    assert said["missing"] == ["OIS", "UOF", "assaults", "complaints", "pursuits"]


def test_a_second_desk_for_the_same_workspace_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in desk.environment.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(cli, ["receive", "rivertown", "--workspace", str(desk.root), "--port", "1"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "another openbeat receive is running" in result.stderr


@pytest.mark.slow  # three servers
def test_a_desk_killed_between_two_chunks_goes_on_and_the_rows_are_those_of_one_undisturbed_run(
    tmp_path: Path,
) -> None:
    found = Desk(tmp_path)
    rows = rows_of(10, 5 * CHUNK, incidents=60)
    with found.open("--from", "2016-05") as process:
        found.extractor.heartbeat()
        found.extractor.hand_in("assaults", rows[: 2 * CHUNK])
        os.killpg(process.pid, signal.SIGKILL)
    with found.open() as process:
        found.extractor.hand_in("assaults", rows[CHUNK : 4 * CHUNK])  # the second comes again
        os.killpg(process.pid, signal.SIGKILL)
    with found.open():
        found.extractor.hand_in("assaults", rows[4 * CHUNK :])
        assert in_any_order(found.view("assaults")) == in_any_order(rows)
        for dataset in ("UOF", "OIS", "complaints", "pursuits"):
            found.extractor.hand_in(dataset, [])
        # Nobody can tell what was sent while the desk was down, so the month is asked for again.
        assert found.extractor.heartbeat()["nextYear"] == 2016


# What a person at the terminal meets


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk that is not open, in this process's environment."""
    found = Desk(tmp_path)
    for name, value in found.environment.items():
        monkeypatch.setenv(name, value)
    return found


def fails(desk: Desk, *words: str, status: int = 1) -> str:
    result = CliRunner().invoke(cli, ["receive", "rivertown", "--workspace", str(desk.root), *words])
    assert (result.exit_code, result.stdout) == (status, "")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.stderr


@pytest.mark.parametrize("variable", ["COMPORT_USERNAME", "COMPORT_PASSWORD", VARIABLE])
def test_without_a_secret_the_desk_stays_closed(
    closed: Desk, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv(variable)
    assert variable in fails(closed)
    monkeypatch.setenv(variable, "")
    assert variable in fails(closed)


def test_a_taken_port_is_said(closed: Desk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert "cannot listen here" in fails(closed, "--port", str(taken.getsockname()[1]))


def test_listening_beyond_this_machine_is_warned_of(closed: Desk) -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert "TLS" in fails(closed, "--host", "0.0.0.0", "--port", port)
        assert "TLS" not in fails(closed, "--port", port)


@pytest.mark.parametrize("month", ["2016-13", "05/2016", "2016", "2999-01"])
def test_a_month_that_is_none_or_has_not_begun_is_wrong_use(closed: Desk, month: str) -> None:
    assert "--from" in fails(closed, "--from", month, status=2)

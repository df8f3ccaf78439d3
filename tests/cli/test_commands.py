"""What somebody at a terminal meets: every command, used rightly and wrongly."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import click
import pytest
from click.testing import CliRunner, Result
from rivertown import SETTINGS, settle, stop, write_stops

from openbeat.cli import cli
from openbeat.cli.lists import ROOMS

ROWS = [stop(number) for number in range(60)]
STOPS = "rivertown/stops"
WITHDRAW = ["--reason", "a name was left in", "--by", "Chief"]

pytestmark = pytest.mark.usefixtures("key_file")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the user stands in: a workspace with Rivertown in it."""
    root = settle(tmp_path, ROWS).root
    monkeypatch.chdir(root)
    return root


def run(*words: str) -> Result:
    """What the command says, after making sure that it ended as a command ends."""
    result = CliRunner().invoke(cli, words)
    assert result.exit_code in (0, 1, 2)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def fails(*words: str, status: int = 1) -> str:
    """What is said on standard error; on standard output nothing is."""
    result = run(*words)
    assert result.exit_code == status, result.output
    assert result.stdout == ""
    return result.stderr


def says(*words: str) -> str:
    result = run(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


def files(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def agency_toml(home: Path, text: str) -> None:
    (home / "agencies" / "rivertown" / "agency.toml").write_text(text, "utf-8")


def every_command(group: click.Group, name: str = "") -> Iterator[tuple[str, ...]]:
    yield tuple(name.split())
    for key, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every_command(command, f"{name} {key}")
        else:
            yield tuple(f"{name} {key}".split())


@pytest.mark.parametrize("command", list(every_command(cli)), ids=" ".join)
def test_every_command_says_what_it_does_and_what_its_exit_status_means(command: tuple[str, ...]) -> None:
    said = says(*command, "--help")
    assert "Exit status" in said
    assert "..." not in said.partition("Commands:")[2]  # no summary is cut off


# Workspaces


def test_a_new_workspace_holds_an_empty_whole_shelf_and_says_what_comes_next(tmp_path: Path) -> None:
    folder = str(tmp_path / "new")
    assert "openbeat agency draft" in says("new", folder)
    assert "0 faults" in says("verify", "--workspace", folder)
    assert "There are no releases yet" in run("list", "releases", "--workspace", folder).stderr


def test_making_a_workspace_again_changes_nothing_in_it(home: Path) -> None:
    before = files(home)
    says("new", str(home))
    assert files(home) == before


def test_a_workspace_that_is_only_planned_is_not_made(tmp_path: Path) -> None:
    assert "Would make" in says("new", str(tmp_path / "planned"), "--dry-run")
    assert not (tmp_path / "planned").exists()


def test_a_workspace_cannot_be_made_of_a_file_nor_below_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    assert "is a file" in fails("new", str(tmp_path / "file"), status=2)
    assert "Not a directory" in fails("new", str(tmp_path / "file" / "below"))
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    "command", ["check x", "publish x", "verify", "list releases", "export a/b out", "serve", "list agencies"]
)
def test_where_there_is_no_workspace_it_is_said_how_to_get_one(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "openbeat new DIR" in fails(*command.split())
    assert not files(tmp_path / "shelf")


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ('engine = "abacus"', "no engine"),
        ('memory = "lots"', "memory is no amount"),
        ("memory = 4", "must be text"),
        ('memry = "4GB"', "did you mean 'memory'"),
        ('memory = "4GB', "is not TOML"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_named(home: Path, setting: str, complaint: str) -> None:
    (home / "openbeat.toml").write_text(setting)
    assert complaint in fails("check", "rivertown")


def test_settings_that_cannot_be_read_are_named(home: Path) -> None:
    (home / "openbeat.toml").unlink()
    (home / "openbeat.toml").mkdir()
    assert "openbeat.toml: cannot be read" in fails("verify")


# Keys


@pytest.mark.parametrize("command", ["check", "publish"])
def test_nothing_is_read_without_a_key(home: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.delenv("OPENBEAT_KEY_FILE")
    assert "OPENBEAT_KEY_FILE" in fails(command, "rivertown")


def test_a_key_that_others_may_read_is_refused(home: Path, key_file: Path) -> None:
    key_file.chmod(0o644)
    assert "chmod 600" in fails("publish", "rivertown")


def test_the_key_is_never_shown(home: Path, key_file: Path) -> None:
    secret = key_file.read_text("ascii").strip()
    key_file.write_text(secret + "xyz")
    assert secret[:8] not in fails("publish", "rivertown")


# Checking and publishing


def test_checking_and_a_dry_run_write_nothing(home: Path) -> None:
    says("new", ".")
    before = files(home)
    assert "nothing was published" in says("check", "rivertown")
    assert "nothing was published" in says("publish", "rivertown", "--dry-run")
    assert files(home) == before


def test_publishing_says_where_every_row_went_and_the_second_time_that_nothing_is_new(home: Path) -> None:
    said = says("publish", "rivertown")
    assert "published version 1" in said
    assert "60 rows read = 60 published + 0 withheld + 0 refused" in said
    assert "nothing new; version 1 stands" in says("publish", "rivertown")
    assert "version 1, 60 rows" in says("list", "releases")
    assert "0 faults" in says("verify")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["rivertwn"], "use one of rivertown"),
        (["rivertown", "--dataset", "stop"], "name one of stops"),
        (["rivertown", "--records", "/nowhere"], "no file is called"),
    ],
)
def test_an_unknown_name_is_answered_with_the_known_ones(
    home: Path, words: list[str], complaint: str
) -> None:
    assert complaint in run("check", *words).stderr
    assert run("check", *words).exit_code == 1


def test_no_agency_is_published_when_a_later_one_is_unknown(home: Path) -> None:
    fails("publish", "rivertown", "elsewhere")
    assert "There are no releases yet" in run("list", "releases").stderr


def test_records_that_are_no_folder_are_wrong_use(home: Path) -> None:
    fails("check", "rivertown", "--records", "openbeat.toml", status=2)


def test_an_unknown_column_and_an_unknown_word_stop_the_run_and_are_named(home: Path) -> None:
    agency_toml(home, SETTINGS.replace('Driver = "name of a person"', ""))
    assert "'Driver'" in fails("publish", "rivertown")
    agency_toml(home, SETTINGS.replace('H = "hispanic"', ""))
    said = fails("publish", "rivertown")
    assert "'H'" in said
    assert "canary" not in said.casefold()


def test_what_blocks_is_said_first_and_nothing_is_published(home: Path) -> None:
    agency_toml(home, SETTINGS.replace('missing = ["NULL"]', "rows = { least = 1, most = 5 }"))
    result = run("check", "rivertown")
    assert result.exit_code == 1
    levels = [line.split()[1] for line in result.stdout.splitlines() if line[2:3] in tuple("ABCDEFGPQ")]
    assert "blocks:" in levels
    assert levels == sorted(levels, key=lambda level: level != "blocks:")
    assert "Q5" in fails("publish", "rivertown").partition("To go on")[0]
    assert "There are no releases yet" in run("list", "releases").stderr


def test_ignored_words_are_told_by_field_and_reason_with_three_of_them_shown(home: Path) -> None:
    words = [f"X{number}" for number in range(12)]
    rows = [stop(n, Race=words[n % 12] if n < 30 else "W") for n in range(60)]
    write_stops(home / "agencies" / "rivertown" / "records", rows)
    lines = "".join(f'{word} = "no key was published"\n' for word in words)
    agency_toml(home, f"{SETTINGS}\n[datasets.stops.tables.stops.ignored_words.subject_race]\n{lines}")
    said = [
        line.strip() for line in says("check", "rivertown").splitlines() if "no key was published" in line
    ]
    # 30 rows over 12 words: six of them stand three times and come first.
    assert said == ["30 × subject_race: 12 words ignored ('X0', 'X1', 'X2' and 9 more): no key was published"]
    [outcome] = json.loads(says("check", "rivertown", "--json"))
    assert {one["word"] for one in outcome["tables"]["stops"]["ignored_words"]} == set(words)


def test_of_two_agencies_what_the_first_one_came_to_is_told_although_the_second_fails(home: Path) -> None:
    other = home / "agencies" / "lakeside"
    other.mkdir()
    (other / "agency.toml").write_text(SETTINGS)
    result = run("publish", "rivertown", "lakeside", "--json")
    assert result.exit_code == 1
    assert [one["agency"] for one in json.loads(result.stdout)] == ["rivertown"]
    assert "no file is called" in result.stderr


# Machines


@pytest.mark.parametrize(
    "command",
    [
        "check rivertown",
        "publish rivertown",
        "verify",
        "new other",
        *(f"list {room}" for room in ROOMS),
        f"export {STOPS} out",
        f"export {STOPS} out --dry-run",
        f"retract {STOPS} 1 --reason wrong --by Chief --dry-run",
    ],
)
def test_with_json_nothing_but_json_is_printed(published: Path, command: str) -> None:
    result = run(*command.split(), "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) is not None
    assert result.stderr == ""


@pytest.fixture(scope="module")
def shelf_of_one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one release, made once for all tests that only read it."""
    folder = tmp_path_factory.mktemp("published")
    key = folder / "openbeat.key"
    key.touch(mode=0o600)
    key.write_text(bytes(range(7, 256, 8)).hex(), "ascii")
    root = settle(folder, ROWS).root
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OPENBEAT_KEY_FILE", str(key))
        says("publish", "rivertown", "--workspace", str(root))
    return root


@pytest.fixture
def published(shelf_of_one: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the user stands in: a workspace with one release."""
    monkeypatch.chdir(shelf_of_one)
    return shelf_of_one


# The shelf


@pytest.mark.parametrize("name", ["rivertown", "Rivertown/stops", "../stops", "a/b/c", "/", ""])
def test_what_is_no_agency_and_dataset_is_wrong_use(published: Path, name: str) -> None:
    assert "AGENCY/DATASET" in fails("export", name, "out", status=2)
    assert "AGENCY/DATASET" in fails("retract", name, "1", *WITHDRAW, status=2)


def test_a_version_that_never_was_is_not_called_damage(published: Path) -> None:
    for command in (["export", STOPS, "out", "--version", "7"], ["retract", STOPS, "7", *WITHDRAW]):
        said = fails(*command)
        assert "no such version: the newest is 1" in said
        assert "backup" not in said
    fails("export", STOPS, "out", "--version", "0", status=2)
    fails("retract", STOPS, "0", *WITHDRAW, status=2)
    assert "nothing is published" in fails("export", "rivertown/force", "out")


def test_nothing_is_withdrawn_without_a_reason_and_a_name_not_even_on_trial(published: Path) -> None:
    before = files(published)
    fails("retract", STOPS, "1", "--reason", " ", "--by", "Chief", "--dry-run")
    fails("retract", STOPS, "1", "--reason", "wrong", "--by", " ")
    fails("retract", STOPS, "1", "--reason", "wrong", status=2)
    assert "Would withdraw" in says("retract", STOPS, "1", *WITHDRAW, "--dry-run")
    assert files(published) == before


def test_a_withdrawn_version_cannot_be_exported_and_erasing_may_follow(home: Path) -> None:
    says("publish", "rivertown")
    assert "Withdrew" in says("retract", STOPS, "1", *WITHDRAW)
    assert "was withdrawn before; nothing changed" in says("retract", STOPS, "1", *WITHDRAW)
    assert "a name was left in" in fails("export", STOPS, "out", "--version", "1")
    assert "withdraws version 1" in fails("export", STOPS, "out", "--version", "2")
    assert "nothing is published" in fails("export", STOPS, "out")
    assert "cannot be retracted" in fails("retract", STOPS, "2", *WITHDRAW, "--dry-run")
    assert "every version was withdrawn" in says("list", "releases")
    assert list((home / "shelf" / "objects").glob("*.csv"))
    says("retract", STOPS, "1", *WITHDRAW, "--erase")
    assert not list((home / "shelf" / "objects").glob("*.csv"))
    assert "0 faults" in says("verify")
    assert not (home / "out").exists()


def test_an_export_goes_to_a_new_folder_only_and_a_planned_one_writes_nothing(home: Path) -> None:
    says("publish", "rivertown")
    says("export", STOPS, "out", "--dry-run")
    assert not (home / "out").exists()
    says("export", STOPS, "out")
    assert (home / "out" / "stops.csv").is_file()
    assert "not empty" in fails("export", STOPS, "agencies")
    fails("export", STOPS, "openbeat.toml", status=2)


def test_a_damaged_file_is_found_named_and_not_exported(home: Path) -> None:
    says("publish", "rivertown")
    victim = max((home / "shelf" / "objects").glob("*.csv"), key=lambda path: path.stat().st_size)
    victim.chmod(0o644)
    victim.write_bytes(victim.read_bytes().replace(b"white", b"black", 1))
    result = run("verify")
    assert result.exit_code == 1
    assert victim.name in result.stdout
    assert "1 faults" in result.stdout
    assert victim.name in fails("export", STOPS, "out")
    assert not (home / "out" / "stops.csv").exists()


# Drafts


def test_a_draft_is_written_once_and_says_how_to_go_on(home: Path) -> None:
    records = "agencies/rivertown/records/stops.csv"
    draft = ["agency", "draft", records, "--as", "stops", "--slug", "my_city"]
    before = files(home)
    assert "Canary" not in says(*draft, "--dry-run")
    assert files(home) == before
    assert "openbeat check my_city --workspace . --records agencies/rivertown/records" in says(*draft)
    (home / "agencies" / "my_city" / "agency.toml").write_text("mine")
    assert "is there already" in fails(*draft)
    assert (home / "agencies" / "my_city" / "agency.toml").read_text() == "mine"
    fails(*draft[:-1], "../../escaped", status=2)
    fails("agency", "draft", records, "--as", "stopps", status=2)
    fails("agency", "draft", "nowhere.csv", "--as", "stops", status=2)
    assert "there is no table" in fails(*draft, "--table", "nonsense")


# Processes


def start(*words: str, **environment: str) -> subprocess.Popen[str]:
    code = "import sys; from openbeat.cli import main; sys.argv[0] = 'openbeat'; main()"
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize(
    "environment",
    [
        {"LANG": "C", "LC_ALL": "C"},
        {"PYTHONIOENCODING": "ascii", "COLUMNS": "10", "TERM": "dumb"},
    ],
    ids=["LANG=C", "ascii and narrow"],
)
def test_a_poor_terminal_gets_the_same_rooms(environment: dict[str, str], published: Path) -> None:
    process = start("list", "checks", **environment)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert len(out.splitlines()) == len(says("list", "checks").splitlines())


def test_a_reader_that_has_seen_enough_gets_no_complaint(published: Path) -> None:
    process = start("publish", "rivertown", "--dry-run")
    assert process.stdout
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    assert "Exception" not in err


def test_ctrl_c_while_publishing_leaves_a_whole_shelf_and_no_traceback(home: Path) -> None:
    process = start("publish", "rivertown")
    assert process.stderr
    while "checking" not in (line := process.stderr.readline()):
        assert line, "it ended before it could be interrupted"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    # A library in C may swallow the signal on a busy machine; then the run ends as if nobody had pressed.
    assert process.returncode == 0 or "openbeat: stopped" in err
    assert "0 faults" in says("verify")
    assert not list((home / "state" / "scratch").iterdir())
    assert "version 1" in says("publish", "rivertown")


def test_a_port_that_is_taken_or_none_is_refused(published: Path) -> None:
    fails("serve", "--port", "99999", status=2)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert "choose another port" in fails("serve", "--port", str(taken.getsockname()[1]))


def test_an_address_that_is_none_is_refused(published: Path) -> None:
    assert "cannot listen here" in fails("serve", "--host", "no.such.host.invalid")


def test_the_portal_says_where_it_is_and_stops_at_ctrl_c(published: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = start("serve", "--port", str(port))
    assert process.stdout
    assert f"http://127.0.0.1:{port}/" in process.stdout.readline()
    with urlopen(f"http://127.0.0.1:{port}/health", timeout=30) as answer:
        assert answer.status == 200
    process.send_signal(signal.SIGINT)
    until = time.monotonic() + 30
    _, err = process.communicate(timeout=60)
    assert time.monotonic() < until
    assert process.returncode == 0
    assert "Traceback" not in err


def test_the_demo_does_not_start_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "Not a directory" in fails("demo", "--no-serve", "--workspace", str(tmp_path / "file" / "demo"))

"""What lies in the vault cannot be read, and cannot be changed unnoticed."""

from __future__ import annotations

import os
import shutil
import stat
import traceback
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import publisher
import pyarrow as pa
import pytest

from openbeat.errors import OpenBeatError, VaultFault, WrongSettings
from openbeat.vault import Held, Vault, VaultKey, open_vault, read_vault_key, sealing, store

KEY = VaultKey(bytes(range(32)))
AT = datetime(2026, 1, 1)
CANARY = "canary-7f3a"


def table(**columns: Sequence[str | None]) -> pa.Table:
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def fill(folder: Path, words: tuple[str, ...] = ("a", "b"), names: tuple[str, ...] = ("one",)) -> Vault:
    """A vault of as many commits as words."""
    vault = open_vault(folder, KEY)
    for word in words:
        held = Held(rows=table(id=["1"], word=[word]), key=("id",))
        vault.append(dict.fromkeys(names, held), at=AT)
    return vault


def read_all(folder: Path, key: VaultKey = KEY) -> None:
    vault = open_vault(folder, key)
    for name in vault.tables():
        vault.history(name)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def reader(folder: Path, path: Path) -> Callable[[], object]:
    """The quickest way to read this file as the vault does."""
    if path.parent.name != "objects":
        return lambda: open_vault(folder, KEY)
    place = store.open_store(folder, KEY)
    [commit] = [
        commit
        for commit in store.read_commits(place)
        for part in commit.tables["one"].parts
        if part.sha256 == path.stem
    ]
    return lambda: store.read_part(place, commit, "one", 0)


@pytest.mark.parametrize("which", range(5))
def test_every_flipped_bit_is_noticed(tmp_path: Path, which: int) -> None:
    fill(tmp_path)
    assert len(files(tmp_path)) == 5  # identity, two commits, two objects
    path = files(tmp_path)[which]
    read, sound = reader(tmp_path, path), path.read_bytes()
    handle = os.open(path, os.O_WRONLY)
    for place in range(len(sound)):
        for bit in range(8):
            os.pwrite(handle, bytes([sound[place] ^ 1 << bit]), place)
            with pytest.raises(VaultFault):
                read()
        os.pwrite(handle, sound[place : place + 1], place)
    os.close(handle)
    read_all(tmp_path)


@pytest.mark.parametrize("which", range(5))
def test_every_cut_and_every_byte_too_many_is_noticed(tmp_path: Path, which: int) -> None:
    fill(tmp_path)
    path = files(tmp_path)[which]
    read, sound = reader(tmp_path, path), path.read_bytes()
    for length in range(len(sound)):
        path.write_bytes(sound[:length])
        with pytest.raises(VaultFault):
            read()
    path.write_bytes(sound + b"\0")
    with pytest.raises(VaultFault):
        read()
    path.write_bytes(sound)
    read_all(tmp_path)


def test_a_missing_file_is_noticed_unless_it_is_the_newest_commit(tmp_path: Path) -> None:
    fill(tmp_path / "vault", ("a", "b", "c"))
    for path in files(tmp_path / "vault"):
        copy = tmp_path / "copy" / path.name
        shutil.copytree(tmp_path / "vault", copy)
        (copy / path.relative_to(tmp_path / "vault")).unlink()
        if path.name == "00000003.sealed":
            read_all(copy)  # the docstring of the room says so
        else:
            with pytest.raises(VaultFault):
                read_all(copy)


def test_the_newest_commit_may_not_vanish_under_an_open_vault(tmp_path: Path) -> None:
    vault = fill(tmp_path)
    newest = tmp_path / "commits" / "00000002.sealed"
    newest.unlink()
    with pytest.raises(VaultFault, match="was there before"):
        vault.rows("one")
    fill(tmp_path, ("z",))
    with pytest.raises(VaultFault, match="another than it was"):
        vault.append({}, at=AT)


def exchanged(one: Path, two: Path) -> Iterator[None]:
    """Two files in each other's place, and afterwards in their own."""
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    yield
    one.write_bytes(first)
    two.write_bytes(second)


def test_two_files_in_each_others_place_are_noticed(tmp_path: Path) -> None:
    fill(tmp_path, ("a", "b", "c"), ("one", "two"))
    for one, two in permutations(files(tmp_path), 2):
        for _ in exchanged(one, two):
            with pytest.raises(VaultFault):
                read_all(tmp_path)
    read_all(tmp_path)


def test_files_of_another_vault_under_the_same_key_are_noticed(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    fill(here)
    fill(there)
    for one in files(here):
        for two in files(there):
            for _ in exchanged(one, two):
                with pytest.raises(VaultFault):
                    read_all(here)
    for kind in ("commits", "objects"):  # and all of a kind at once
        copy = tmp_path / kind
        shutil.copytree(here, copy)
        shutil.rmtree(copy / kind)
        shutil.copytree(there / kind, copy / kind)
        with pytest.raises(VaultFault):
            read_all(copy)


def test_an_old_commit_is_noticed_in_a_newer_place(tmp_path: Path) -> None:
    fill(tmp_path)
    commits = tmp_path / "commits"
    shutil.copy(commits / "00000002.sealed", commits / "00000003.sealed")
    with pytest.raises(VaultFault, match="00000003"):
        open_vault(tmp_path, KEY)


def test_a_branch_that_left_the_chain_earlier_is_noticed(tmp_path: Path) -> None:
    fill(tmp_path / "vault", ("a",))
    shutil.copytree(tmp_path / "vault", tmp_path / "branch")
    fill(tmp_path / "vault", ("b", "c"))
    fill(tmp_path / "branch", ("d", "e"))
    for name in ("00000002.sealed", "00000003.sealed"):
        for _ in exchanged(tmp_path / "vault" / "commits" / name, tmp_path / "branch" / "commits" / name):
            with pytest.raises(VaultFault):
                read_all(tmp_path / "vault")


def test_a_part_that_was_sealed_for_the_same_place_but_is_not_the_one_meant_is_noticed(
    tmp_path: Path,
) -> None:
    fill(tmp_path / "vault", ("a",))
    shutil.copytree(tmp_path / "vault", tmp_path / "branch")
    common = {path.name for path in files(tmp_path / "vault" / "objects")}
    fill(tmp_path / "vault", ("b",))
    fill(tmp_path / "branch", ("c",))
    [meant], [other] = (
        [path for path in files(tmp_path / name / "objects") if path.name not in common]
        for name in ("vault", "branch")
    )
    shutil.copy(other, meant)
    with pytest.raises(VaultFault, match=meant.name):
        read_all(tmp_path / "vault")


PLACE: dict[str, Any] = {"kind": "part", "number": 1, "previous": "x", "table": "one", "part": 0}


@pytest.mark.parametrize(
    "other", [{"kind": "commit"}, {"number": 2}, {"previous": "y"}, {"table": "two"}, {"part": 1}]
)
def test_what_is_sealed_for_one_place_opens_in_no_other(tmp_path: Path, other: dict[str, Any]) -> None:
    seal = store.open_store(tmp_path, KEY).seal
    sealed = sealing.seal(seal, b"words", sealing.binding(**PLACE))
    assert sealing.unseal(seal, sealed, sealing.binding(**PLACE), where=tmp_path) == b"words"
    with pytest.raises(VaultFault):
        sealing.unseal(seal, sealed, sealing.binding(**{**PLACE, **other}), where=tmp_path)


def test_another_key_opens_neither_a_full_vault_nor_an_empty_one(tmp_path: Path) -> None:
    fill(tmp_path / "full")
    open_vault(tmp_path / "empty", KEY)
    for folder in (tmp_path / "full", tmp_path / "empty"):
        with pytest.raises(VaultFault, match="the key is not this vault's"):
            open_vault(folder, VaultKey(bytes(range(1, 33))))


def test_the_same_words_never_look_the_same(tmp_path: Path) -> None:
    for name in ("here", "there"):
        fill(tmp_path / name)
    sealed = {path.read_bytes() for path in files(tmp_path)}
    assert len(sealed) == 10


def test_not_a_word_ever_stands_in_a_file_in_the_clear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = 0
    folder, elsewhere = tmp_path / "vault", tmp_path / "tmp"
    elsewhere.mkdir()
    monkeypatch.setenv("TMPDIR", str(elsewhere))

    def look(name: str, n: int, call: Any, args: Any, kwargs: Any) -> Any:
        nonlocal seen
        done = call(*args, **kwargs)
        for path in files(tmp_path):
            with path.open("rb") as file:
                assert CANARY.encode() not in file.read()
            assert CANARY not in path.name
            seen += 1
        return done

    for name in publisher.CALLS:
        monkeypatch.setattr(os, name, getattr(os, name))  # so that all are put back
    publisher.count_calls(look)
    vault = open_vault(folder, KEY)
    many = [f"{CANARY} {number}" for number in range(500)]
    first = Held(rows=table(id=many, word=many), key=("id",), within=("word", frozenset(many)))
    vault.append({CANARY.replace("-", "_"): first}, at=AT)
    later = Held(rows=table(id=many[:5]), key=("id",), within=("word", frozenset(many)))
    vault.append({CANARY.replace("-", "_"): later}, at=AT)
    assert vault.history(CANARY.replace("-", "_")).num_rows == 1_000
    assert seen > 50
    assert files(elsewhere) == []
    assert CANARY not in repr(vault)


def said(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + repr(vars(error)) + repr(error.__context__)


@pytest.mark.parametrize(
    ("rows", "more", "problem"),
    [
        ({"id": [CANARY, CANARY]}, {}, r"1 rows have the key \(id\) of another row"),
        ({"id": ["1", None], "word": [CANARY, CANARY]}, {}, "1 rows have no id"),
        ({"word": [CANARY]}, {}, "1 rows have no id"),
        ({"id": ["1", "2"], "on": ["2026-01-01", CANARY]}, {"event": "on"}, "row 2, column on"),
        ({"id": ["1"], "on": ["2026-01-01T00:00Z"]}, {"known": "on"}, "row 1, column on"),
    ],
)
def test_rows_that_are_refused_are_named_by_column_and_number_never_by_value(
    tmp_path: Path, rows: dict[str, list[str | None]], more: dict[str, str], problem: str
) -> None:
    vault = fill(tmp_path)
    before = files(tmp_path)
    with pytest.raises(VaultFault, match=problem) as caught:
        vault.append({"one": Held(rows=table(**rows), key=("id",), **more)}, at=AT)  # type: ignore[arg-type]
    assert "table one" in str(caught.value)
    assert CANARY not in said(caught.value)
    assert files(tmp_path) == before


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("one", {"key": ()}, "names no column"),
    ("one", {"key": ("id", "id")}, "names no column, or one twice"),
    ("one", {"key": ("word",)}, r"told apart by \(id\), not by \(word\)"),
    ("../one", {}, "other signs"),
    ("", {}, "other signs"),
    ("one", {"rows": pa.table({"id": [1]})}, "not text: id"),
    ("one", {"rows": table(id=["1"], _gone=["x"])}, "adds _gone itself"),
    ("one", {"rows": pa.Table.from_arrays([pa.array(["1"])] * 2, ["id", "id"])}, "several columns called id"),
]


@pytest.mark.parametrize(("name", "more", "problem"), REFUSED)
def test_tables_that_cannot_be_held_are_refused_and_the_whole_append_with_them(
    tmp_path: Path, name: str, more: dict[str, Any], problem: str
) -> None:
    vault = fill(tmp_path)
    good = {"rows": table(id=["2"], word=["c"]), "key": ("id",)}
    with pytest.raises(VaultFault, match=problem):
        vault.append({"good": Held(**good), name: Held(**{**good, **more})}, at=AT)
    assert vault.tables() == ("one",)
    assert vault.rows("one")["word"].to_pylist() == ["b"]


def test_time_goes_only_forward_and_has_no_zone(tmp_path: Path) -> None:
    vault = fill(tmp_path)
    with pytest.raises(VaultFault, match="the newest commit was made at 2026-01-01 00:00:00"):
        vault.append({}, at=datetime(2025, 12, 31))
    with pytest.raises(VaultFault, match="zone"):
        vault.append({}, at=AT.astimezone())
    with pytest.raises(VaultFault, match="zone"):
        vault.rows("one", held=AT.astimezone())


def test_a_table_that_is_not_held_is_named_with_those_that_are(tmp_path: Path) -> None:
    vault = fill(tmp_path)
    for ask in (vault.rows, vault.history, lambda name: vault.values(name, "id")):
        with pytest.raises(VaultFault, match=r"table two: the vault holds no such table\n.*\n.*: one"):
            ask("two")


def test_only_the_owner_may_enter_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        fill(tmp_path / "vault")
    finally:
        os.umask(before)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "vault").rglob("*")}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert stat.S_IMODE((tmp_path / "vault").stat().st_mode) == 0o700
    (tmp_path / "vault").chmod(0o750)
    with pytest.raises(VaultFault, match="others may enter"):
        open_vault(tmp_path / "vault", KEY)


def test_a_folder_of_other_things_does_not_become_a_vault(tmp_path: Path) -> None:
    (tmp_path / "letters").touch()
    mode = tmp_path.stat().st_mode
    with pytest.raises(VaultFault, match="name an empty folder"):
        open_vault(tmp_path, KEY)
    assert [path.name for path in tmp_path.iterdir()] == ["letters"]
    assert tmp_path.stat().st_mode == mode


def test_the_key_comes_from_the_file_that_the_environment_names_and_is_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, file = tmp_path / "workspace", tmp_path / "key"
    workspace.mkdir()
    file.touch(mode=0o600)
    file.write_text(KEY.secret.hex(), encoding="ascii")
    monkeypatch.setenv("OPENBEAT_VAULT_KEY_FILE", str(file))
    assert read_vault_key(workspace) == KEY
    assert repr(KEY) == "VaultKey(…)"
    file.rename(workspace / "key")
    monkeypatch.setenv("OPENBEAT_VAULT_KEY_FILE", str(workspace / "key"))
    with pytest.raises(WrongSettings, match="lies in the workspace"):
        read_vault_key(workspace)
    monkeypatch.delenv("OPENBEAT_VAULT_KEY_FILE")
    with pytest.raises(OpenBeatError, match="OPENBEAT_VAULT_KEY_FILE: the environment names no key file"):
        read_vault_key(workspace)

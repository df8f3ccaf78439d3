"""The vault against a plain dictionary: what it holds, what it held, and how it came to that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbeat.vault import Counts, Held, Vault, VaultKey, open_vault, versions
from openbeat.vault.digests import digests

KEY = VaultKey(bytes(32))
START = datetime(2026, 1, 1)
NAMES = ("iapro.INCIDENTS", "comport.UOF")
COLUMNS = ("id", "no", "case", "a", "a.b", "", "when", "entered")
Row = dict[str, str | None]
Key = tuple[str | None, str | None]


@dataclass(frozen=True, kw_only=True)
class Append:
    """What one append says of one table, in plain Python."""

    rows: list[Row]
    columns: tuple[str, ...]
    within: frozenset[str] | None
    event: bool
    known: bool

    def held(self) -> Held:
        columns = {name: pa.array([row[name] for row in self.rows], pa.string()) for name in self.columns}
        return Held(
            rows=pa.table(columns),
            key=("id", "no"),
            event="when" if self.event else None,
            known="entered" if self.known else None,
            within=None if self.within is None else ("case", self.within),
        )


@dataclass
class Model:
    """What a table ought to be: every version of every row, the newest last."""

    versions: dict[Key, list[dict[str, Any]]] = field(default_factory=dict)

    def append(self, said: Append, at: datetime) -> Counts:
        new = revised = gone = same = 0
        keys = set()
        for row in said.rows:
            key: Key = (row["id"], row["no"])
            keys.add(key)
            values = {name: row[name] for name in said.columns if row[name] is not None}
            event = time(values.get("when")) if said.event else None
            before = self.versions.setdefault(key, [])
            known = (
                before[0]["_known"] if before else (time(values.get("entered")) if said.known else None) or at
            )
            version = {**values, "_event": event, "_known": known, "_revised": at, "_gone": False}
            if not before or before[-1]["_gone"]:
                new += 1
            elif {**before[-1], "_revised": at} == version:
                same += 1
                continue
            else:
                revised += 1
            before.append(version)
        for key, before in self.versions.items():
            inside = said.within is not None and before[-1].get("case") in said.within
            if inside and key not in keys and not before[-1]["_gone"]:
                gone += 1
                before.append({**before[-1], "_revised": at, "_gone": True})
        return Counts(new=new, revised=revised, gone=gone, same=same)

    def history(self) -> list[dict[str, Any]]:
        return [version for key in sorted(self.versions, key=str_key) for version in self.versions[key]]

    def rows(self, held: datetime) -> list[dict[str, Any]]:
        found = []
        for key in sorted(self.versions, key=str_key):
            past = [version for version in self.versions[key] if version["_revised"] <= held]
            if past and not past[-1]["_gone"]:
                found.append({name: value for name, value in past[-1].items() if name != "_gone"})
        return found


def str_key(key: Key) -> tuple[bytes, ...]:
    return tuple(str(part).encode() for part in key)


def time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None


@contextmanager
def empty_vault() -> Iterator[tuple[Vault, Path]]:
    with TemporaryDirectory() as folder:
        yield open_vault(Path(folder, "vault"), KEY), Path(folder, "vault")


def shown(table: pa.Table) -> list[dict[str, Any]]:
    """The rows without their nulls, as the model has them; _event stays, even where it is null."""
    return [
        {name: value for name, value in row.items() if value is not None or name == "_event"}
        for row in table.to_pylist()
    ]


WORDS = st.sampled_from(["", "x", "y", "1:x", ":", "é", "\x00", "x\n"])
TIMES = st.none() | st.sampled_from(["2020-05-31", "2021-01-01T12:30", "1900-01-01 00:00:00.5"])
ROWS = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["1", "10", "2", "é"]),
        "no": st.sampled_from(["1", "01"]),
        "case": st.none() | WORDS,
        "a": st.none() | WORDS,
        "a.b": st.none() | WORDS,
        "": st.none() | WORDS,
        "when": TIMES,
        "entered": TIMES,
    }
)
APPENDS = st.builds(
    Append,
    rows=st.lists(ROWS, max_size=5, unique_by=lambda row: (row["id"], row["no"])),
    columns=st.permutations(COLUMNS[2:]).flatmap(
        lambda rest: st.integers(0, len(rest)).map(lambda n: ("no", *rest[:n], "id"))
    ),
    within=st.none() | st.frozensets(WORDS, max_size=3),
    event=st.booleans(),
    known=st.booleans(),
)
STEPS = st.lists(
    st.tuples(st.dictionaries(st.sampled_from(NAMES), APPENDS), st.integers(0, 2), st.booleans()), max_size=6
)


@settings(deadline=None, max_examples=40)
@given(STEPS)
def test_after_any_appends_it_holds_and_held_what_a_dictionary_would(
    steps: list[tuple[dict[str, Append], int, bool]],
) -> None:
    models: dict[str, Model] = {}
    at = START
    with empty_vault() as (vault, folder):
        for tables, hours, again in steps:
            at += timedelta(hours=hours)
            counts = vault.append({name: said.held() for name, said in tables.items()}, at=at)
            for name, said in tables.items():
                assert counts[name] == models.setdefault(name, Model()).append(said, at)
            if again:
                vault = open_vault(folder, KEY)
        for one in (vault, open_vault(folder, KEY)):
            assert one.tables() == tuple(sorted(models))
            for name, model in models.items():
                assert shown(one.rows(name)) == model.rows(at)
                assert shown(one.history(name)) == model.history()
                cases = {row["case"] for row in model.rows(at) if "case" in row}
                assert one.values(name, "case") == cases
                for hours in range(-1, int((at - START) / timedelta(hours=1)) + 1):
                    moment = START + timedelta(hours=hours)
                    assert shown(one.rows(name, held=moment)) == model.rows(moment)


@settings(deadline=None, max_examples=15)
@given(APPENDS, st.integers(1, 3))
def test_saying_the_same_again_writes_nothing(said: Append, times: int) -> None:
    with empty_vault() as (vault, folder):
        vault.append({"one": said.held()}, at=START)
        before = sorted(folder.rglob("*"))
        for _ in range(times):
            counts = vault.append({"one": said.held()}, at=START + timedelta(days=1))
            assert counts["one"] == Counts(new=0, revised=0, gone=0, same=len(said.rows))
        assert sorted(folder.rglob("*")) == before


@settings(deadline=None)
@given(st.lists(ROWS, max_size=8), st.permutations(COLUMNS))
def test_two_rows_have_one_digest_only_if_they_have_the_same_values(
    rows: list[Row], order: list[str]
) -> None:
    columns = {name: pa.array([row[name] for row in rows], pa.string()) for name in order}
    found = digests(pa.table(columns), secret=bytes(32)).tolist()
    found += digests(pa.table(columns).select(COLUMNS), secret=bytes(32)).tolist()
    for row, digest in zip(rows + rows, found, strict=True):
        for other, another in zip(rows + rows, found, strict=True):
            assert (digest == another) == (row == other)


def held(rows: Mapping[str, Sequence[str | None]], **more: Any) -> Held:
    return Held(rows=pa.table(rows, pa.schema([(name, pa.string()) for name in rows])), key=("id",), **more)


def test_the_columns_come_in_the_order_in_which_they_first_came_and_the_times_after_them(
    tmp_path: Path,
) -> None:
    vault = open_vault(tmp_path, KEY)
    vault.append({"one": held({"b": ["x"], "id": ["1"]})}, at=START)
    vault.append({"one": held({"a": ["y"], "id": ["1"]})}, at=START)
    text, times = pa.string(), pa.timestamp("us")
    names = {"id": text, "b": text, "a": text, "_event": times, "_known": times, "_revised": times}
    assert vault.rows("one").schema == pa.schema(names)
    assert vault.rows("one", held=START - timedelta(days=1)).schema == pa.schema(names)
    assert vault.history("one").schema == pa.schema({**names, "_gone": pa.bool_()})


def test_a_table_without_rows_is_held_as_one(tmp_path: Path) -> None:
    open_vault(tmp_path, KEY).append({"one": held({"id": [], "word": []})}, at=START)
    vault = open_vault(tmp_path, KEY)
    assert vault.tables() == ("one",)
    assert vault.rows("one").column_names == ["id", "word", "_event", "_known", "_revised"]
    assert vault.rows("one").num_rows == 0
    assert vault.values("one", "word") == frozenset()


def test_tables_larger_than_one_part_are_held_in_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "PART_BYTES", 20_000)
    monkeypatch.setattr(versions, "TEXT_BYTES", 0)  # so few bytes are put in order as 2 GiB are
    ids = [f"{number:05}" for number in range(2_000)]
    vault = open_vault(tmp_path, KEY)
    vault.append({"one": held({"id": ids[::-1], "word": ids})}, at=START)
    vault.append({"one": held({"id": ids[:1_000], "word": ids[:1_000]})}, at=START)
    assert len(list((tmp_path / "objects").iterdir())) > 5
    for one in (vault, open_vault(tmp_path, KEY)):
        rows = one.rows("one").select(["id", "word"]).to_pydict()
        assert rows == {"id": ids, "word": ids[:1_000] + ids[999::-1]}
        assert one.history("one").num_rows == 3_000
    assert vault.rows("one").schema.field("word").type == pa.string()


def test_a_row_that_moved_to_another_case_is_not_gone_with_the_old_one(tmp_path: Path) -> None:
    vault = open_vault(tmp_path, KEY)
    vault.append({"one": held({"id": ["1", "2"], "case": ["A", "A"]})}, at=START)
    moved = held({"id": ["1"], "case": ["B"]}, within=("case", frozenset({"B"})))
    assert vault.append({"one": moved}, at=START)["one"] == Counts(new=0, revised=1, gone=0, same=0)
    empty = held({"id": [], "case": []}, within=("case", frozenset({"A"})))
    assert vault.append({"one": empty}, at=START)["one"] == Counts(new=0, revised=0, gone=1, same=0)
    assert vault.rows("one")["id"].to_pylist() == ["1"]

"""What the shelf promises to whoever publishes and to whoever reads."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import openbeat
from openbeat.errors import Retracted, ShelfFault
from openbeat.release.shelf import (
    Manifest,
    Published,
    Shelf,
    Unchanged,
    collect_objects,
    datasets,
    head,
    head_release,
    history,
    new_object,
    object_path,
    open_shelf,
    publish,
    read_version,
    store_bytes,
    store_file,
)
from openbeat.release.withdrawal import retract, sweep

KEY = ("ferndale", "stops")
NAUGHT = "0" * 64
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return open_shelf(tmp_path / "shelf")


def put(shelf: Shelf, body: dict[str, Any], key: tuple[str, str] = KEY) -> Manifest:
    done = publish(shelf, *key, lambda previous: body)
    assert isinstance(done, Published)
    return done.manifest


def withdraw(shelf: Shelf, version: int, *, erase: bool) -> Published | Unchanged:
    why = "a home address was in it"
    return retract(shelf, *KEY, version=version, reason=why, erase=erase, by="records desk", now=NOON)


def file_of(shelf: Shelf, version: int) -> Path:
    return shelf.manifests / KEY[0] / KEY[1] / f"{version:08}.json"


# objects


def test_an_object_lies_under_the_sha256_of_its_bytes_and_everybody_may_read_it(shelf: Shelf) -> None:
    before = os.umask(0o077)
    try:
        stored = store_bytes(shelf, b"race,stops\n", "csv")
    finally:
        os.umask(before)
    assert stored.name == hashlib.sha256(b"race,stops\n").hexdigest() + ".csv"
    path = object_path(shelf, stored.name)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"race,stops\n", 0o644)
    assert stored.reference == {"object": stored.name, "bytes": 11}


def test_a_stored_file_is_moved_in(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "stops.csv").write_bytes(b"rows")
    stored = store_file(shelf, tmp_path / "stops.csv", "csv")
    assert object_path(shelf, stored.name).read_bytes() == b"rows"
    assert not (tmp_path / "stops.csv").exists()


def test_a_file_on_another_file_system_is_moved_in_all_the_same(shelf: Shelf) -> None:
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == shelf.root.stat().st_dev:
        pytest.skip("needs a second file system at /dev/shm")
    with tempfile.TemporaryDirectory(dir=memory) as there:
        path = Path(there) / "stops.csv"
        path.write_bytes(bytes(3_000_000))
        stored = store_file(shelf, path, "csv")
        assert not path.exists()
    assert stored.sha256 == hashlib.sha256(bytes(3_000_000)).hexdigest()
    assert object_path(shelf, stored.name).read_bytes() == bytes(3_000_000)
    assert list(shelf.tmp.iterdir()) == []


def test_a_symbolic_link_is_not_taken_for_a_file(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(Path(__file__))
    with pytest.raises(ShelfFault, match="not a file"):
        store_file(shelf, tmp_path / "link", "csv")


def test_the_same_bytes_are_kept_once_and_not_rewritten(shelf: Shelf) -> None:
    first = object_path(shelf, store_bytes(shelf, b"rows", "csv").name)
    inode = first.stat().st_ino
    store_bytes(shelf, b"rows", "csv")
    assert first.stat().st_ino == inode
    assert [path for path in shelf.root.rglob("*") if path.is_file()] == [first]


@pytest.mark.parametrize("damage", [b"row", b"rowz"], ids=["cut", "flipped"])
def test_storing_a_damaged_object_again_heals_it(shelf: Shelf, damage: bytes) -> None:
    path = object_path(shelf, store_bytes(shelf, b"rows", "csv").name)
    path.write_bytes(damage)
    store_bytes(shelf, b"rows", "csv")
    assert path.read_bytes() == b"rows"


def test_a_draft_is_kept_only_on_request(shelf: Shelf) -> None:
    with new_object(shelf, "parquet") as draft:
        draft.path.write_bytes(b"rows")
        stored = draft.keep()
    assert object_path(shelf, stored.name).read_bytes() == b"rows"
    with new_object(shelf, "parquet") as draft:
        draft.path.write_bytes(b"half a ro")
    assert list(shelf.tmp.iterdir()) == []
    assert [path.name for path in shelf.objects.iterdir()] == [stored.name]


def test_a_writer_that_hashed_while_writing_can_say_so(shelf: Shelf) -> None:
    with new_object(shelf, "json") as draft:
        draft.path.write_bytes(b"{}")
        stored = draft.keep(hashlib.sha256(b"{}").hexdigest())
    assert object_path(shelf, stored.name).read_bytes() == b"{}"


@pytest.mark.parametrize(
    "name", ["../HEAD", "a.csv", NAUGHT, f"{NAUGHT}.csv\n", f"{NAUGHT}./x", "/etc/passwd"]
)
def test_nothing_but_the_name_of_an_object_leads_to_a_file(shelf: Shelf, name: str) -> None:
    with pytest.raises(ShelfFault, match="not the name of an object"):
        object_path(shelf, name)


# publishing


def test_versions_are_numbered_from_one_and_chained_by_the_hash_of_the_manifest_before(shelf: Shelf) -> None:
    first, second = put(shelf, {"rows": 1}), put(shelf, {"rows": 2})
    assert (first.version, first.previous, second.version) == (1, None, 2)
    assert second.previous == hashlib.sha256(file_of(shelf, 1).read_bytes()).hexdigest() == first.sha256
    assert head(shelf, *KEY) == second
    assert list(history(shelf, *KEY)) == [second, first]
    assert file_of(shelf, 2).with_name("HEAD").read_text() == f"2 {second.sha256}\n"


def test_a_manifest_is_canonical_json_that_says_what_it_is(shelf: Shelf) -> None:
    put(shelf, {"title": {"es": "Paradas de tránsito"}, "rows": 3})
    data = file_of(shelf, 1).read_bytes()
    said = json.loads(data)
    assert (
        data == json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    )
    assert "tránsito".encode() in data
    envelope = {key: said[key] for key in ("format", "agency", "dataset", "version", "previous")}
    assert envelope == {"format": 1, "agency": "ferndale", "dataset": "stops", "version": 1, "previous": None}
    assert file_of(shelf, 1).stat().st_mode & 0o777 == 0o644


@given(body=st.dictionaries(st.text().filter(lambda key: key != "object"), st.integers() | JSON, max_size=4))
def test_whatever_json_is_published_is_read_back_the_same_or_refused(body: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as root:
        shelf = open_shelf(Path(root))
        try:
            published = put(shelf, body)
        except ShelfFault:
            assert head(shelf, *KEY) is None
        else:
            assert published.body == body
            assert head(shelf, *KEY) == published


def test_nothing_new_is_not_published(shelf: Shelf) -> None:
    assert publish(shelf, *KEY, lambda previous: None) == Unchanged(manifest=None)
    first = put(shelf, {"rows": 1})
    assert publish(shelf, *KEY, lambda previous: None) == Unchanged(manifest=first)
    assert [manifest.version for manifest in history(shelf, *KEY)] == [1]


def test_whoever_comes_second_builds_again_on_what_the_first_published(shelf: Shelf) -> None:
    seen: list[int] = []

    def build(previous: Manifest | None) -> dict[str, Any]:
        seen.append(previous.version if previous else 0)
        if len(seen) == 1:
            put(shelf, {"by": "somebody faster"})
        return {"on": seen[-1]}

    done = publish(shelf, *KEY, build)
    assert seen == [0, 1]
    assert isinstance(done, Published)
    assert (done.manifest.version, done.manifest.body) == (2, {"on": 1})


def test_a_release_cannot_refer_to_a_file_that_is_not_there(shelf: Shelf) -> None:
    stored = store_bytes(shelf, b"rows", "csv")
    for wrong in ({"object": f"{NAUGHT}.csv", "bytes": 4}, {"object": stored.name, "bytes": 5}):
        with pytest.raises(ShelfFault, match="not on the shelf in that size"):
            put(shelf, {"tables": [{"files": (wrong,)}]})
    assert head(shelf, *KEY) is None
    put(shelf, {"tables": [{"files": (stored.reference,)}]})


def test_every_reference_is_found_wherever_it_stands() -> None:
    a, b = f"{'a' * 64}.parquet", f"{'b' * 64}.csv.gz"
    body = {"tables": [{"rows": {"object": a, "bytes": 1}}], "file": {"object": b, "bytes": 2, "of": [a]}}
    assert collect_objects(body) == {a: 1, b: 2}


@pytest.mark.parametrize(
    "unclear",
    [{"object": "stops.csv", "bytes": 1}, {"object": f"{NAUGHT}.csv"}, {"object": None, "bytes": 1}],
)
def test_a_reference_that_says_too_little_is_refused(unclear: dict[str, object]) -> None:
    with pytest.raises(ShelfFault, match="does not refer to one"):
        collect_objects({"file": unclear})


@pytest.mark.parametrize(
    "body", [{"version": 7}, {"seal": ""}, {"ratio": float("nan")}, {"when": NOON}, {"name": "\ud800"}]
)
def test_a_body_that_cannot_be_a_manifest_is_refused_without_its_values(
    shelf: Shelf, body: dict[str, Any]
) -> None:
    with pytest.raises(ShelfFault, match="cannot be published") as refused:
        put(shelf, body)
    assert "2026" not in str(refused.value)
    assert datasets(shelf) == []


@pytest.mark.parametrize("name", ["", "..", "a/b", "Stops", "stops\n", "x" * 65])
def test_agencies_and_datasets_have_plain_names(shelf: Shelf, name: str) -> None:
    for key in ((name, "stops"), ("ferndale", name)):
        with pytest.raises(ShelfFault, match="a-z, 0-9 and _"):
            put(shelf, {}, key)


def test_every_dataset_on_the_shelf_is_listed_in_order(shelf: Shelf) -> None:
    for key in (("ferndale", "stops"), ("ferndale", "force"), ("alder", "stops")):
        put(shelf, {}, key)
    assert datasets(shelf) == [("alder", "stops"), ("ferndale", "force"), ("ferndale", "stops")]


def test_an_error_of_the_builder_reaches_the_caller_and_publishes_nothing(shelf: Shelf) -> None:
    def build(previous: Manifest | None) -> dict[str, Any]:
        raise PermissionError("mine")

    with pytest.raises(PermissionError, match="mine"):
        publish(shelf, *KEY, build)
    assert head(shelf, *KEY) is None


# reading


def test_head_may_lag_behind_or_be_lost_without_harm(shelf: Shelf) -> None:
    put(shelf, {})
    lagging = file_of(shelf, 1).with_name("HEAD").read_text()
    second = put(shelf, {})
    file_of(shelf, 1).with_name("HEAD").write_text(lagging)
    assert head(shelf, *KEY) == second
    file_of(shelf, 1).with_name("HEAD").unlink()
    assert head(shelf, *KEY) == second


def test_a_chain_that_was_cut_short_is_not_built_upon(shelf: Shelf) -> None:
    put(shelf, {})
    put(shelf, {})
    file_of(shelf, 2).unlink()
    with pytest.raises(ShelfFault, match="HEAD names version 2, but the manifests end at version 1"):
        put(shelf, {})


def test_a_manifest_that_was_changed_is_not_served(shelf: Shelf) -> None:
    put(shelf, {"rows": 41})
    path = file_of(shelf, 1)
    path.write_bytes(path.read_bytes().replace(b"41", b"42"))
    with pytest.raises(ShelfFault, match="not those that were published"):
        head(shelf, *KEY)


def test_a_manifest_under_the_name_of_another_version_is_not_served(shelf: Shelf) -> None:
    put(shelf, {})
    file_of(shelf, 2).write_bytes(file_of(shelf, 1).read_bytes())
    with pytest.raises(ShelfFault, match="another version"):
        head(shelf, *KEY)


# withdrawing


def test_a_retracted_version_is_refused_with_the_reason_and_the_one_before_stands(shelf: Shelf) -> None:
    first, second = put(shelf, {"rows": 1}), put(shelf, {"rows": 2})
    withdraw(shelf, 2, erase=False)
    with pytest.raises(Retracted, match="a home address was in it"):
        read_version(shelf, *KEY, 2)
    assert read_version(shelf, *KEY, 1) == first
    assert head_release(shelf, *KEY) == first
    newest, *rest = history(shelf, *KEY)
    assert (newest.version, newest.retracts, rest) == (3, 2, [second, first])
    withdraw(shelf, 1, erase=False)
    assert head_release(shelf, *KEY) is None


def test_erasing_ends_the_bytes_that_no_standing_version_of_any_dataset_needs(shelf: Shelf) -> None:
    alone, shared, elsewhere = (
        store_bytes(shelf, data, "csv") for data in (b"alone", b"shared", b"elsewhere")
    )
    put(shelf, {"files": [shared.reference]})
    put(shelf, {"files": [alone.reference, shared.reference, elsewhere.reference]})
    put(shelf, {"files": [elsewhere.reference]}, ("alder", "stops"))
    withdraw(shelf, 2, erase=True)
    assert {path.name for path in shelf.objects.iterdir()} == {shared.name, elsewhere.name}


def test_retracting_twice_publishes_once_but_erasing_may_follow(shelf: Shelf) -> None:
    stored = store_bytes(shelf, b"rows", "csv")
    put(shelf, {"files": [stored.reference]})
    assert isinstance(withdraw(shelf, 1, erase=False), Published)
    assert isinstance(withdraw(shelf, 1, erase=False), Unchanged)
    assert object_path(shelf, stored.name).exists()
    assert isinstance(withdraw(shelf, 1, erase=True), Published)
    assert isinstance(withdraw(shelf, 1, erase=True), Unchanged)
    assert not object_path(shelf, stored.name).exists()


def test_only_a_release_is_retracted_and_only_for_a_reason(shelf: Shelf) -> None:
    put(shelf, {})
    with pytest.raises(ShelfFault, match="no such version"):
        withdraw(shelf, 2, erase=False)
    with pytest.raises(ShelfFault, match="without a reason"):
        retract(shelf, *KEY, version=1, reason=" ", erase=False, by="", now=NOON)
    withdraw(shelf, 1, erase=False)
    with pytest.raises(ShelfFault, match="a retraction cannot be retracted"):
        withdraw(shelf, 2, erase=False)


def test_sweeping_takes_what_is_old_and_unreferenced_and_nothing_else(shelf: Shelf) -> None:
    used, loose, young = (store_bytes(shelf, data, "csv") for data in (b"used", b"loose", b"young"))
    put(shelf, {"files": [used.reference]})
    (shelf.tmp / "old").write_bytes(b"half a ro")
    (shelf.tmp / "new").write_bytes(b"half a ro")
    for path in (object_path(shelf, used.name), object_path(shelf, loose.name), shelf.tmp / "old"):
        os.utime(path, (0, 0))
    assert sweep(shelf, timedelta(days=7)) == (f"objects/{loose.name}", "tmp/old")
    assert {path.name for path in shelf.objects.iterdir()} == {used.name, young.name}
    assert [path.name for path in shelf.tmp.iterdir()] == ["new"]


def test_an_old_unreferenced_object_that_is_stored_again_is_young(shelf: Shelf) -> None:
    stored = store_bytes(shelf, b"rows", "csv")
    os.utime(object_path(shelf, stored.name), (0, 0))
    store_bytes(shelf, b"rows", "csv")
    assert sweep(shelf, timedelta(days=7)) == ()


def test_sweeping_keeps_what_a_retracted_version_was_not_to_lose(shelf: Shelf) -> None:
    stored = store_bytes(shelf, b"rows", "csv")
    put(shelf, {"files": [stored.reference]})
    withdraw(shelf, 1, erase=False)
    os.utime(object_path(shelf, stored.name), (0, 0))
    assert sweep(shelf, timedelta(days=7)) == ()


def test_the_shelf_is_light_to_import() -> None:
    heavy = "{'pyarrow', 'duckdb', 'ibis', 'numpy', 'pandas', 'django'}"
    program = f"import sys, openbeat.release.verify; sys.exit(bool({heavy} & set(sys.modules)))"
    home = Path(openbeat.__file__).parent.parent
    assert subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": str(home)}).returncode == 0

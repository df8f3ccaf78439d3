"""Imports only go down, rooms of one floor do not know each other, and nothing reaches through a wall."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import openbeat

HOME = Path(openbeat.__file__).parent
HOUSE = [  # top floor first
    {"cli"},
    {"web"},
    {"release"},
    {"workspace"},
    {"mapping", "checks", "protect", "stats"},
    {"sources", "agency", "synth"},
    {"engine", "vault"},
    {"stages"},
    {"standards"},
    {"keyfile", "disk"},
    {"errors", "registry"},
]
FLOOR = {room: number for number, floor in enumerate(HOUSE) for room in floor}
# The public side can reach only releases, and what the words in them mean.
WALLS = {
    ("web", room) for room in ("sources", "agency", "mapping", "checks", "protect", "engine", "workspace")
}
# Modules of release/ that the public side may use: none of them can reach raw records or keys.
PUBLIC = ("release.shelf", "release.objects", "release.folder", "release.documents", "release.formats")


def imports(file: Path) -> Iterator[str]:
    """Every module of openbeat that a file imports, also inside functions, without `openbeat.`."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name.removeprefix("openbeat.") for name in names if name.startswith("openbeat."))


def room_of(name: str) -> str:
    return name.split(".", 1)[0]


def arrows() -> Iterator[tuple[str, str, str]]:
    for file in sorted(HOME.rglob("*.py")):
        place = file.relative_to(HOME)
        here = place.parts[0].removesuffix(".py")
        if here == "__init__":
            continue
        for there in imports(file):
            if room_of(there) not in (here, "__version__"):
                yield str(place), here, there


def test_every_room_stands_on_a_floor() -> None:
    rooms = {path.name.removesuffix(".py") for path in HOME.iterdir() if path.name[0] not in "_."}
    assert rooms == set(FLOOR)


def test_rooms_import_only_rooms_on_lower_floors() -> None:
    wrong = [
        f"{place} imports {there}" for place, here, there in arrows() if FLOOR[room_of(there)] <= FLOOR[here]
    ]
    assert wrong == []


def test_the_public_side_reaches_nothing_but_releases() -> None:
    wrong = [
        f"{place} imports {there}"
        for place, here, there in arrows()
        if (here, room_of(there)) in WALLS
        or (here == "web" and room_of(there) == "release" and not there.startswith(PUBLIC))
    ]
    assert wrong == []


def reached_from(*starts: str) -> set[str]:
    """Every module that importing one of `starts` brings in, as files below the package."""
    found: set[str] = set()
    waiting = [*starts]
    while waiting:
        name = waiting.pop()
        path = HOME.joinpath(*name.split("."))
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if name in found or not file.is_file():
            continue
        found.add(name)
        for there in imports(file):
            waiting += [there, there.rpartition(".")[0]]
    return found


def test_no_way_of_imports_leads_from_the_portal_to_raw_records_or_keys() -> None:
    rooms = {room_of(name) for name in reached_from("web.portal.server", "web.portal.wsgi")}
    inside = {"sources", "agency", "mapping", "protect", "workspace", "engine", "checks", "vault", "keyfile"}
    assert rooms & inside == set()


def test_nothing_that_publishes_or_serves_reaches_what_early_intervention_asks_of_officers() -> None:
    careers = {"sources.iapro.service", "sources.iapro.events"}
    started = [
        str(file.relative_to(HOME).with_suffix("")).replace("/", ".").removesuffix(".__init__")
        for room in ("release", "web", "protect", "checks", "mapping", "stats")
        for file in sorted((HOME / room).rglob("*.py"))
    ]
    assert {"release.pipeline", "web.receive.application"} <= set(started)
    assert reached_from(*started) & careers == set()
    assert reached_from("sources.iapro.events") >= careers  # they are what they are called here


def test_only_protection_makes_protected_rows() -> None:
    makers = {
        str(file.relative_to(HOME))
        for file in HOME.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Protected"
    }
    assert {maker.split("/")[0] for maker in makers} == {"protect"}


def test_rooms_have_names_of_the_field() -> None:
    names = {path.stem for path in HOME.rglob("*.py")} | {
        path.name for path in HOME.rglob("*") if path.is_dir()
    }
    assert names & {"utils", "helpers", "common", "base", "misc", "manager"} == set()


def test_no_file_is_longer_than_one_idea() -> None:
    long = {
        str(file.relative_to(HOME)): lines
        for file in HOME.rglob("*.py")
        if (lines := len(file.read_text("utf-8").splitlines())) > 400
    }
    assert long == {}


def test_folders_are_at_most_three_deep() -> None:
    assert [str(file) for file in HOME.rglob("*.py") if len(file.relative_to(HOME).parts) > 4] == []

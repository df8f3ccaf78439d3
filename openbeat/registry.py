"""A room's folder is its list: whatever a module of the room declares is found here."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, TypeVar


class Entry(Protocol):
    """Anything with a key of its own."""

    @property
    def key(self) -> str: ...


E = TypeVar("E", bound=Entry)


def collect(room: str, kind: type[E]) -> dict[str, E]:
    """Every `kind` that a module of the package `room` declares, by key, in key order."""
    found: dict[str, E] = {}
    for module in iter_modules(import_module(room).__path__, prefix=f"{room}."):
        for entry in vars(import_module(module.name)).values():
            for one in entry if isinstance(entry, tuple) else (entry,):
                if isinstance(one, kind) and found.setdefault(one.key, one) is not one:
                    raise RuntimeError(f"{room} declares {one.key!r} twice: rename one of them")
    return dict(sorted(found.items()))

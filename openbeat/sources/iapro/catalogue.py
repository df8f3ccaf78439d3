"""What is known of IAPro's tables: `catalogue.toml` as frozen values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

NUMBER = "INCNUM"  # the column that names an incident
NTH = "_NTH"  # ours: numbers rows that the site gives no key, within those that name them
LABELS = "AIO_COLS"  # the table that says what the user-defined columns mean


@dataclass(frozen=True, kw_only=True)
class IaproTable:
    """One table: what names its rows, how they are found from incidents, and what may be asked of it."""

    name: str
    key: tuple[str, ...]
    found_by: str | None
    whole: bool
    event: str | None
    known: str | None
    changed: tuple[str, ...]
    moments: tuple[str, ...]
    columns: tuple[str, ...]
    never: tuple[str, ...]

    @property
    def asked(self) -> tuple[str, ...]:
        """Every column that may be read, in the catalogue's order."""
        return tuple(dict.fromkeys((*self.columns, *self.moments)))

    @property
    def named_by(self) -> tuple[str, ...]:
        """The columns of the key that the site itself has."""
        return tuple(column for column in self.key if column != NTH)

    @property
    def parent(self) -> str | None:
        """The table whose incident its rows share; None where they carry the incident themselves."""
        return self.found_by.partition(".")[0] if self.found_by and "." in self.found_by else None

    @property
    def link(self) -> str:
        """The column that leads to the parent's row, or to the incident."""
        return (self.found_by or "").rpartition(".")[2]

    @property
    def shared(self) -> bool:
        """Whether one row may belong to several incidents, so that it carries no incident's number."""
        return self.parent is not None and self.key == (self.link,)


@cache
def catalogue() -> Mapping[str, IaproTable]:
    """Every table by its name, parents before those that are found through them."""
    text = files(__package__).joinpath("catalogue.toml").read_text("utf-8")
    return MappingProxyType({name: _table(name, said) for name, said in tomllib.loads(text).items()})


def _table(name: str, said: Mapping[str, object]) -> IaproTable:
    def listed(word: str) -> tuple[str, ...]:
        found = said.get(word, ())
        return tuple(str(one) for one in found) if isinstance(found, list) else ()

    def worded(word: str) -> str | None:
        return str(said[word]) if word in said else None

    return IaproTable(
        name=name,
        key=listed("key"),
        found_by=worded("found_by"),
        whole=said.get("whole") is True,
        event=worded("event"),
        known=worded("known"),
        changed=listed("changed"),
        moments=listed("moments"),
        columns=listed("columns"),
        never=listed("never"),
    )

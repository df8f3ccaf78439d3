"""What a writer remembers of a table: the newest version of each row, as digests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from openbeat.vault.digests import BYTES, DTYPE, Digests

T = TypeVar("T", bound=np.generic)

SIEVE = 1 << 22  # one byte each: fits the processor's cache, and lets few strangers through


def _none() -> Digests:
    return np.empty(0, DTYPE)


@dataclass(frozen=True, kw_only=True)
class Index:
    """The newest version of each row; all arrays are in the order of `key`.

    covers      commits that were looked at
    versions    versions seen so far, which is the place of the next one
    known       microseconds since 1970: when the agency entered the row's first version
    place       which of the table's versions, counted from 0, is the row's newest
    within      digests of a column that appends were limited by, by its name
    """

    covers: int = 0
    versions: int = 0
    key: Digests = field(default_factory=_none)
    content: Digests = field(default_factory=_none)
    known: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    gone: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    place: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    within: Mapping[str, Digests] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Versions:
    """Versions in the order in which they were added, as an index sees them."""

    key: Digests
    content: Digests
    known: NDArray[np.int64]
    gone: NDArray[np.bool_]
    within: Mapping[str, Digests]


def find(index: Index, keys: Digests) -> NDArray[np.int64]:
    """Where each key stands in the index; -1 where it does not."""
    if not len(index.key):
        return np.full(len(keys), -1)
    spot = np.minimum(np.searchsorted(index.key, keys), len(index.key) - 1)
    return np.where(index.key[spot] == keys, spot, -1)


def rows_within(index: Index, column: str, values: Digests) -> NDArray[np.int64]:
    """Where the rows stand that are not gone and have one of these values in the column.

    A column that is the whole key needs no digests of its own: those of the key are the same.
    """
    have = index.within.get(column, index.key)
    sieve = np.zeros(SIEVE, np.bool_)
    sieve[_low(values)] = True
    candidates = np.flatnonzero(sieve[_low(have)] & ~index.gone)
    return candidates[np.isin(have[candidates], values)]


def extended(index: Index, added: Versions, *, covers: int) -> Index:
    """The index after these versions; of two versions of one row, the later one counts."""
    count = len(added.key)
    if not count:
        return Index(**{**vars(index), "covers": covers})
    order = np.argsort(added.key, kind="stable")
    inorder = added.key[order]
    last = order[np.append(inorder[1:] != inorder[:-1], True)]
    keys = added.key[last]
    at = find(index, keys)
    new = at < 0
    gap = np.searchsorted(index.key, keys[new])
    shifted = at[~new] + np.searchsorted(gap, at[~new], side="right")

    def merged(old: NDArray[T], values: NDArray[T]) -> NDArray[T]:
        values = values[last]
        grown = np.insert(old, gap, values[new])
        grown[shifted] = values[~new]
        return grown

    return Index(
        covers=covers,
        versions=index.versions + count,
        key=merged(index.key, added.key),
        content=merged(index.content, added.content),
        known=merged(index.known, added.known),
        gone=merged(index.gone, added.gone),
        place=merged(index.place, index.versions + np.arange(count)),
        within={column: merged(have, added.within[column]) for column, have in index.within.items()},
    )


def _low(digests: Digests) -> NDArray[np.uint64]:
    words = np.ascontiguousarray(digests).view(np.uint64).reshape(-1, BYTES // 8)
    return words[:, 0] & np.uint64(SIEVE - 1)

"""The vault itself: appends that are whole or not there, and reads as of any moment."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from openbeat.disk import plainly
from openbeat.errors import VaultFault
from openbeat.vault.digests import DTYPE, Digests, column_digests, digests
from openbeat.vault.index import Index, Versions, extended
from openbeat.vault.pages import Changes, Counts, Held, check, compare, limits, refused
from openbeat.vault.sealing import VaultKey
from openbeat.vault.store import Commit, Entry, Store, open_store, publish, read_commits, sweep, writing
from openbeat.vault.versions import fetch, ordered, write_versions

TWICE = timedelta(hours=1)  # when summer time ends


def open_vault(folder: Path, key: VaultKey) -> Vault:
    """The vault in `folder`, made where there is none.

    Raises VaultFault where the key is another, or a commit is damaged, missing or out of its place.
    """
    return Vault(open_store(folder, key))


class Vault:
    """Tables of versions, to which each append is one commit; see `open_vault`.

    Times are the agency's local ones, without a zone. Every method raises VaultFault where it meets damage.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._commits = read_commits(store)
        self._indexes: dict[str, Index] = {}

    def append(self, tables: Mapping[str, Held], *, at: datetime) -> Mapping[str, Counts]:
        """What became of the rows of each table, in one commit; in none where nothing changed.

        A table that the vault has not held before is a change, even without rows. A row that was gone and
        comes back is new. After an error the commit stands or does not, but never in part: append again.

        Raises  VaultFault where rows are refused, `at` is before the newest commit, or another program writes
        """
        _local(at)
        for name, held in tables.items():
            check(name, held)
        store = self._store
        with plainly(store.folder, VaultFault), writing(store):
            commits = self._chain()
            if commits and at < commits[-1].at:
                raise VaultFault(
                    f"the newest commit was made at {commits[-1].at}, which is after {at}",
                    where=str(store.folder),
                    remedies=["see whether the clock is right", "append what was held earlier first"],
                )
            sweep(store, commits)
            known = {name: _key_of(commits, name, held) for name, held in tables.items()}
            # Kept at hand: another thread that reads may put a later index in the place of each.
            indexes = {name: self._index(name, commits, _limit(held)) for name, held in tables.items()}
            limited = limits(tables.values(), secret=store.seal.digest_key)
            found = {
                name: self._compared(commits, name, held, indexes[name], limited.get(held.within), at)
                for name, held in tables.items()
            }
            entries = {
                name: write_versions(store, commits, name, tables[name].key, changes.versions)
                for name, changes in found.items()
                if changes.versions.num_rows or not known[name]
            }
            if entries:
                chain = self._commits = publish(store, commits, at, entries)
                for name in entries:
                    added = self._digested(indexes[name], found[name].versions)
                    self._indexes[name] = extended(indexes[name], added, covers=len(chain))
        return {name: changes.counts for name, changes in found.items()}

    def tables(self) -> tuple[str, ...]:
        """The names of the tables held, in order."""
        return tuple(sorted({name for commit in self._chain() for name in commit.tables}))

    def rows(
        self, table: str, columns: Collection[str] | None = None, *, held: datetime | None = None
    ) -> pa.Table:
        """The newest version of each row that is not gone, by key, now or as the vault held it at a moment.

        Beside the table's columns of text, null where a row has none, three timestamp[us]: _event, when it
        happened; _known, when the agency first had it; _revised, when the vault was given this version.
        `columns`: only these of the table's own, where it has them.

        Raises  VaultFault where the vault holds no such table
        """
        chain = self._chain()
        shape = _shape(chain, table)
        commits = chain
        if held:
            _local(held)
            commits = tuple(commit for commit in chain if commit.at <= held)
        wanted = [name for name in shape.columns if columns is None or name in columns]
        read = list(dict.fromkeys([*wanted, *shape.key]))
        found = ordered(self._live(table, commits, read), shape.key)
        return found.select([*wanted, "_event", "_known", "_revised"])

    def history(self, table: str, columns: Collection[str] | None = None) -> pa.Table:
        """Every version of every row, by key and then oldest first, with _gone beside the columns of `rows`.

        The version in which a row is gone has the values that the row had until then. `columns`: only these
        of the table's own, where it has them.
        """
        chain = self._chain()
        shape = _shape(chain, table)
        wanted = [name for name in shape.columns if columns is None or name in columns]
        read = list(dict.fromkeys([*wanted, *shape.key]))
        found = ordered(fetch(self._store, chain, table, read), shape.key)
        return found.select([*wanted, "_event", "_known", "_revised", "_gone"])

    def no_earlier(self, at: datetime, *, now: datetime | None = None) -> datetime:
        """`at`, or the time of the newest commit where that is later: what `append` takes from a slow source.

        Never beyond `now` (None: `at`) and the hour that clocks have twice: where a commit is from further in
        the future, a clock was wrong, and `append` will say so.
        """
        chain = self._chain()
        newest = chain[-1].at if chain else at
        return max(at, min(newest, (now or at) + TWICE))

    def values(self, table: str, column: str) -> frozenset[str]:
        """The distinct values of a column in the rows held now; none where no row has a value there."""
        chain = self._chain()
        if column not in _shape(chain, table).columns:
            return frozenset()
        found = pc.unique(self._live(table, chain, [column])[column])
        return frozenset(value for value in found.to_pylist() if value is not None)

    def _chain(self) -> tuple[Commit, ...]:
        # Another program may have appended since.
        self._commits = read_commits(self._store, self._commits)
        return self._commits

    def _live(self, table: str, commits: Sequence[Commit], columns: Sequence[str]) -> pa.Table:
        index = self._index(table, commits)
        return fetch(self._store, commits, table, columns, places=np.sort(index.place[~index.gone]))

    def _compared(
        self,
        commits: Sequence[Commit],
        table: str,
        held: Held,
        index: Index,
        limit: Digests | None,
        at: datetime,
    ) -> Changes:
        changes = compare(table, held, index, limit, at=at, secret=self._store.seal.digest_key)
        if not len(changes.missing):
            return changes
        places = np.sort(index.place[changes.missing])
        last = fetch(self._store, commits, table, _shape(commits, table).columns, places=places)
        ended = pa.array(np.ones(len(last), np.bool_))
        last = last.set_column(last.column_names.index("_gone"), "_gone", ended).drop_columns("_revised")
        return replace(
            changes, versions=pa.concat_tables([changes.versions, last], promote_options="default")
        )

    def _index(self, table: str, commits: Sequence[Commit], within: str | None = None) -> Index:
        index = self._indexes.get(table, Index())
        if index.covers > len(commits):  # a look at the past: not worth remembering
            return self._extended(Index(), table, commits)
        if index.covers < len(commits):
            index = self._extended(index, table, commits)
        if within is not None and within not in index.within:
            index = replace(
                index, within={**index.within, within: self._within(index, table, commits, within)}
            )
        if len(commits) == len(self._commits):
            self._indexes[table] = index
        return index

    def _extended(self, index: Index, table: str, commits: Sequence[Commit]) -> Index:
        added = fetch(self._store, commits[index.covers :], table, [*index.within])
        return extended(index, self._digested(index, added), covers=len(commits))

    def _digested(self, index: Index, added: pa.Table) -> Versions:
        return Versions(
            key=column_digests(added["_key"]),
            content=column_digests(added["_content"]),
            known=added["_known"].cast(pa.int64()).to_numpy(),
            gone=added["_gone"].to_numpy(),
            within={column: self._digests(added, column) for column in index.within},
        )

    def _within(self, index: Index, table: str, commits: Sequence[Commit], column: str) -> Digests:
        order = np.argsort(index.place)
        found = np.empty(len(order), DTYPE)
        found[order] = self._digests(
            fetch(self._store, commits, table, [column], places=index.place[order]), column
        )
        return found

    def _digests(self, rows: pa.Table, column: str) -> Digests:
        present = [column] if column in rows.column_names else []
        return digests(rows.select(present), secret=self._store.seal.digest_key)


def _shape(commits: Sequence[Commit], table: str) -> Entry:
    # The columns of all commits, in the order in which they first came.
    entries = [commit.tables[table] for commit in commits if table in commit.tables]
    if not entries:
        held = sorted({name for commit in commits for name in commit.tables})
        raise refused(
            table,
            "the vault holds no such table",
            f"name one of those it holds: {', '.join(held) or 'none yet'}",
        )
    columns = dict.fromkeys(name for entry in entries for name in (*entry.key, *entry.columns))
    return Entry(key=entries[0].key, columns=tuple(columns), parts=())


def _limit(held: Held) -> str | None:
    """The column by which rows are found to be gone, where it is not the key itself."""
    return held.within[0] if held.within and held.key != held.within[:1] else None


def _key_of(commits: Sequence[Commit], table: str, held: Held) -> tuple[str, ...]:
    known = next((commit.tables[table].key for commit in commits if table in commit.tables), ())
    if known and known != held.key:
        raise refused(
            table,
            f"its rows are told apart by ({', '.join(known)}), not by ({', '.join(held.key)})",
            "append with the key that the table began with",
            "hold what has another key as another table",
        )
    return known


def _local(at: datetime) -> None:
    if at.tzinfo is not None:
        raise VaultFault(
            "a time with a zone cannot be told from the agency's local times",
            where="the vault",
            remedies=["hand in the agency's local time, without a zone"],
        )

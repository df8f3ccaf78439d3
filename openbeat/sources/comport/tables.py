"""The vault's tables of what extractors handed in.

`comport.UOF` and the like hold the rows, each named by its incident, a digest of what it says and a number
that tells equal rows apart: a row that is sent again as it was is the same row, whatever the order of rows.

`comport.runs`, `comport.posts` and `comport.sent` hold how far runs came. They lie in the vault rather than
in a file beside it so that one commit has both a delivery's rows and the fact that they came: a kill leaves
both or neither, and nothing of it (numbers of incidents, digests) lies about in the clear.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from openbeat.sources.comport.delivery import Cells
from openbeat.sources.comport.schema import INCIDENT, KNOWN, OCCURRED, SCHEMAS, moment_of
from openbeat.vault import Held, Vault

Name = tuple[str, str]  # a row's digest and number, within its incident

KEY = (INCIDENT, "_row", "_copy")
EVENT = "_occurred"
DIGITS = 32  # of a digest: 128 bits
RUNS, POSTS, SENT = "comport.runs", "comport.posts", "comport.sent"
KEYS = {RUNS: ("run",), POSTS: ("run", "dataset", "digest"), SENT: ("dataset", INCIDENT)}


def table_of(dataset: str) -> str:
    """What the vault calls the dataset's rows."""
    return f"comport.{dataset}"


def names_of(rows: Sequence[Cells], before: Collection[Name] = ()) -> list[Name]:
    """What tells rows of one incident apart, after those that came `before`."""
    count = Counter(digest for digest, _ in before)
    names = []
    for row in rows:
        said = sorted((key, text) for key, text in row.items() if text is not None)
        digest = hashlib.sha256(json.dumps(said).encode()).hexdigest()[:DIGITS]
        count[digest] += 1
        names.append((digest, f"{count[digest]:04}"))
    return names


def held(dataset: str, rows: Iterable[tuple[Name, Cells]], *, instead: Collection[str] = ()) -> Held:
    """Rows for the vault's table of the dataset; those that it holds of the incidents `instead` give way."""
    cells = [
        {**row, "_row": digest, "_copy": number, EVENT: _occurred(row)} for (digest, number), row in rows
    ]
    columns = _in_order(dataset, {key for row in cells for key in row}) or list(KEY)
    return Held(
        rows=pa.table({name: pa.array([row.get(name) for row in cells], pa.string()) for name in columns}),
        key=KEY,
        event=EVENT,
        within=(INCIDENT, frozenset(instead)) if instead else None,
    )


def noted(table: str, rows: Sequence[Mapping[str, str | None]]) -> Held:
    """Rows for one of the tables that say how far runs came."""
    columns = sorted({key for row in rows for key in row}.union(KEYS[table]))
    return Held(
        rows=pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in columns}),
        key=KEYS[table],
    )


def view(vault: Vault, dataset: str, *, at: datetime | None = None) -> pa.Table:
    """The dataset's current rows as the extractor sent them, or those that were current `at` a moment.

    Columns of text under the keys of the wire, by incident; booleans are "true", "false" or null. Of an
    incident there are the rows of the newest run that sent it. A dataset that was never sent has no rows.
    """
    table = table_of(dataset)
    if table not in vault.tables():
        return pa.table({name: pa.array([], pa.string()) for name in _in_order(dataset, KNOWN[dataset])})
    rows = vault.rows(table, held=at)
    if SENT in vault.tables():
        rows = rows.filter(pa.array(_current(rows, part_sent(vault, dataset, at=at)), pa.bool_()))
    names = set(rows.column_names) - {"_event", "_known", "_revised", "_row", "_copy", EVENT}
    return rows.select(_in_order(dataset, names))


def part_sent(vault: Vault, dataset: str, *, at: datetime | None = None) -> dict[str, frozenset[Name]]:
    """The incidents of which the newest run sent only some of the rows held: which ones."""
    sent = vault.rows(SENT, held=at)
    if "part" not in sent.column_names:
        return {}
    sent = sent.filter(pc.and_(pc.equal(sent["dataset"], dataset), pc.is_valid(sent["part"])))
    pairs = zip(sent[INCIDENT].to_pylist(), sent["part"].to_pylist(), strict=True)
    return {incident: read_names(part) for incident, part in pairs}


def read_names(text: str) -> frozenset[Name]:
    """Names of rows as `write_names` wrote them."""
    return frozenset((digest, number) for digest, _, number in (one.partition(".") for one in text.split()))


def write_names(names: Iterable[Name]) -> str:
    """Names of rows as one text."""
    return " ".join(sorted(f"{digest}.{number}" for digest, number in names))


def _current(rows: pa.Table, part: Mapping[str, frozenset[Name]]) -> list[bool]:
    keys = zip(*(rows[name].to_pylist() for name in KEY), strict=True)
    return [incident not in part or (digest, number) in part[incident] for incident, digest, number in keys]


def _occurred(row: Cells) -> str | None:
    for key in OCCURRED:
        try:
            if moment := moment_of(row.get(key)):
                return moment.isoformat()
        except ValueError:
            continue  # a key of another department, which that department would have to write as a time
    return None


def _in_order(dataset: str, names: Collection[str]) -> list[str]:
    known = dict.fromkeys(key for one in SCHEMAS[dataset] for key in (*one.types, *sorted(one.optional)))
    return [key for key in known if key in names] + sorted(set(names) - known.keys())

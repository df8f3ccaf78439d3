"""IAPro's tables in the vault, as the rows that fill one table of a dataset.

Force hangs off the officer in a case, people off the case, allegations off the officer, actions off the
allegation. A view has one row for each row of one of IAPro's tables; the others are joined by key, or packed
into lists. So no join can multiply a count, whatever the database holds.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

import pyarrow as pa
import pyarrow.compute as pc

from openbeat.errors import WrongSettings
from openbeat.sources.iapro.catalogue import catalogue
from openbeat.sources.iapro.clean import WEEKDAY, cleaned
from openbeat.sources.iapro.gate import (
    Gate,
    belong,
    know_every_type,
    pending,
    plain,
    released,
    without_type,
)
from openbeat.sources.iapro.people import counts_of_case
from openbeat.stages import Problem
from openbeat.vault import Vault

ROOM = "iapro."  # before the names of its tables in the vault
EXPORTS = "export."  # and of those that came out of it another way
NOBODY = "stands for no person: a placeholder"
NO_CASE = "its case is missing"
NO_TYPE = "opened without a type of case, and so in no dataset yet"
NEEDED = {  # where a site lacks one of these, nothing is in it, so that no case is released by mistake
    "INCIDENTS": ("INCIDENT_TYPE", "STATUS", "FIELD_STATUS", "OCCURRED_DT"),
    "ASSOC_INC_OFF": ("OFFNUM",),
}
LOOKED_AT = (WEEKDAY, "ASSOC_INC_CIT.CIT_AGE", "ASSOC_INC_CIT.VICTIM", "CITIZENS.DOB")  # by checks and counts

Rows = Callable[[str], pa.Table]  # the rows of a table in the vault


@dataclass(frozen=True, kw_only=True)
class View:
    """Which rows of IAPro fill a table, and what is joined to each (see views.toml)."""

    rows: str
    joined: tuple[str, ...] = ()
    only_with: str | None = None
    packed: tuple[str, ...] = ()
    cases: bool = True


@dataclass(frozen=True, kw_only=True)
class Viewed:
    """The rows of a view that may go on, and where the others stayed."""

    rows: pa.Table  # text columns named TABLE.COLUMN
    read: int
    refused: Mapping[str, int]
    gated: Mapping[str, int]  # reason -> rows
    pending: Mapping[str, int]  # state of the review -> cases
    problems: tuple[Problem, ...]


@cache
def views() -> Mapping[tuple[str, str], View]:
    """Every view, by dataset and table."""
    written = tomllib.loads(files("openbeat.sources.iapro").joinpath("views.toml").read_text("utf-8"))
    return {
        (dataset, table): View(
            rows=one["rows"],
            joined=tuple(one.get("with", ())),
            only_with=one.get("only_with"),
            packed=tuple(one.get("pack", ())),
            cases=one.get("cases", True),
        )
        for dataset, tables in written.items()
        for table, one in tables.items()
    }


def view(held: Rows, dataset: str, table: str, wanted: Collection[str], gate: Gate) -> Viewed:
    """The rows that fill `table` of `dataset`, with the columns `wanted` (TABLE.COLUMN) that the site has.

    Besides IAPro's own columns: case.juvenile (Yes if anybody linked to the case was under 18 that day, No if
    everybody's age is known and none was), case.officers and case.citizens (how many are linked).
    Raises  WrongSettings  for a column that is never read, or a table that IAPro cannot fill
            UnknownCodes   for types of cases that nobody has given a meaning
    """
    shape = views().get((dataset, table))
    if shape is None:
        raise WrongSettings(
            f"IAPro does not fill the table {table!r}",
            where=dataset,
            remedies=[f"use one of {', '.join(name for key, name in views() if key == dataset) or 'none'}"],
        )
    _may_be_read(wanted)
    problems: list[Problem] = []
    rows = _named(shape.rows, held, roster=not shape.cases)
    if shape.only_with:
        link = _link(shape.only_with)
        used = held(ROOM + shape.only_with).column(link)
        rows = rows.filter(pc.is_in(rows.column(f"{shape.rows}.{link}"), used))
    refused: dict[str, int] = {}
    for name in shape.joined:
        rows = _joined(rows, [shape.rows, *shape.joined], name, _named(name, held))
    if shape.rows == "OFFICERS" and gate.placeholders:
        known = pc.invert(pc.is_in(rows.column("OFFICERS.OFFNUM"), pa.array(gate.placeholders, pa.string())))
        refused |= _counted(NOBODY, rows.num_rows - int(pc.sum(known).as_py() or 0))
        rows = rows.filter(known)
    for name in shape.packed:
        rows = _packed(rows, shape.rows, name, held, wanted)
    gated: dict[str, int] = {}
    waiting: dict[str, int] = {}
    read = rows.num_rows + sum(refused.values())
    if shape.cases:
        cases = held(ROOM + "INCIDENTS")
        know_every_type(cases, gate)
        if shape.rows == "INCIDENTS" and (stubs := without_type(cases)):
            problems.append(Problem(where="INCIDENTS.INCIDENT_TYPE", kind=NO_TYPE, count=stubs))
        orphans = pc.is_null(rows.column("INCIDENTS._HERE"))
        belongs = belong(rows.column("INCIDENTS.INCIDENT_TYPE"), gate)
        rows, orphaned = rows.filter(pc.or_(belongs, orphans)), int(pc.sum(orphans).as_py() or 0)
        read = rows.num_rows + sum(refused.values())
        refused |= _counted(NO_CASE, orphaned)
        rows = rows.filter(pc.is_valid(rows.column("INCIDENTS._HERE")))
        rows, gated = released(rows, gate)
        waiting = pending(cases, gate)
        if made := [name for name in wanted if name.startswith("case.")]:
            rows = _joined_to_case(rows, counts_of_case(held), made)
    rows = _without_placeholders(rows, gate, problems)
    rows, odd = cleaned(rows.select([name for name in rows.column_names if name in {*wanted, WEEKDAY}]))
    problems += odd
    kept = [name for name in rows.column_names if name in wanted]
    return Viewed(
        rows=rows.select(kept),
        read=read,
        refused=refused,
        gated=gated,
        pending=waiting,
        problems=tuple(problems),
    )


def rows_of(vault: Vault, held: datetime | None = None, *, wanted: Collection[str] | None = None) -> Rows:
    """Reads IAPro's tables from a vault, as it held them at a moment (None: now), each one once.

    A table that it does not hold is empty. What exports of earlier years brought stands beside the live rows,
    `_exported` filled in, but for cases that IAPro itself has or once had: a case that it has no more was
    withdrawn there, and no export brings it back. Officers and citizens that both have are the live ones.

    wanted   TABLE.COLUMN: no others are read but those that `view` itself looks at; all where None
    """
    there = frozenset(vault.tables())
    known = cache(lambda: _cases_of_both(vault, held) if ROOM + "INCIDENTS" in there else frozenset[str]())

    @cache
    def rows(name: str) -> pa.Table:
        spec = catalogue()[name.removeprefix(ROOM)]
        needed = (*spec.key, *NEEDED.get(spec.name, ()), "INCNUM" if spec.found_by else spec.key[0])
        named = None if wanted is None else {one.partition(".")[2] for one in (*wanted, *LOOKED_AT)}
        columns = None if named is None else {*needed, *named, *(one.key[0] for one in catalogue().values())}
        parts = [vault.rows(name, columns, held=held)] if name in there else []
        if EXPORTS + spec.name in there:
            brought = vault.rows(EXPORTS + spec.name, columns, held=held)
            if spec.shared or spec.whole:
                brought = _without(brought, spec.key[0], parts[0].column(spec.key[0]) if parts else [])
            else:
                brought = _without(brought, "INCNUM", sorted(known()))
            parts.append(brought.append_column("_exported", pa.repeat(pa.scalar("yes"), brought.num_rows)))
        found = pa.concat_tables(parts, promote_options="default") if parts else pa.table({})
        for column in dict.fromkeys(needed):
            if column not in found.column_names:
                found = found.append_column(
                    pa.field(column, pa.string()), pa.nulls(found.num_rows, pa.string())
                )
        return found

    return rows


def _without(rows: pa.Table, column: str, values: pa.ChunkedArray | Sequence[str]) -> pa.Table:
    """The rows that have none of these values in the column."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    return rows.filter(pc.invert(pc.is_in(rows.column(column), value_set=pa.array(values, pa.string()))))


def _cases_of_both(vault: Vault, held: datetime | None) -> frozenset[str]:
    """INCNUM in the exports of cases that the live database has or once had, by INCNUM or by FILENUM."""
    seen = history_until(vault, ROOM + "INCIDENTS", ("INCNUM", "FILENUM"), held)
    newest = _files(seen)  # a later version takes the place of an earlier one
    files = {file for file in newest.values() if file}
    exported = _files(vault.rows(EXPORTS + "INCIDENTS", held=held))
    return frozenset(number for number, file in exported.items() if number in newest or file in files)


def history_until(vault: Vault, table: str, columns: Sequence[str], held: datetime | None) -> pa.Table:
    """Every version of every row until a moment (None: now), by key and then oldest first; these columns."""
    seen = vault.history(table, columns)
    if held is None:
        return seen
    return seen.filter(pc.less_equal(seen.column("_revised"), pa.scalar(held, pa.timestamp("us"))))


def _files(cases: pa.Table) -> dict[str, str | None]:
    """The file number of each case, where it has one."""
    numbers: list[str] = cases.column("INCNUM").to_pylist()
    if "FILENUM" not in cases.column_names:
        return dict.fromkeys(numbers)
    files = [plain(one or "") for one in cases.column("FILENUM").to_pylist()]
    return dict(zip(numbers, (None if one in ("", "null") else one for one in files), strict=True))


def _may_be_read(wanted: Collection[str]) -> None:
    for name in wanted:
        table, _, column = name.partition(".")
        if table in catalogue() and column in catalogue()[table].never:
            raise WrongSettings(
                f"{name} is never read from IAPro: it names people, or is typed by hand",
                where="agency.toml",
                remedies=["take it out of the fields of this table"],
            )


def _named(table: str, held: Rows, *, roster: bool = False) -> pa.Table:
    """A table of the vault with its columns called TABLE.COLUMN; of a roster that is live, the live rows."""
    rows = held(ROOM + table)
    if roster and "_exported" in rows.column_names and rows.column("_exported").null_count:
        rows = rows.filter(pc.is_null(rows.column("_exported")))
    rows = rows.select([name for name in rows.column_names if name == "_NTH" or not name.startswith("_")])
    rows = rows.rename_columns([f"{table}.{name}" for name in rows.column_names])
    if table == "INCIDENTS":
        rows = rows.append_column("INCIDENTS._HERE", pa.repeat(pa.scalar("yes"), rows.num_rows))
    return rows


def _link(table: str) -> str:
    """The column that leads from a row to what it hangs off."""
    return catalogue()[table].link


def _joined(rows: pa.Table, order: Sequence[str], name: str, other: pa.Table) -> pa.Table:
    """The rows with those of a table that has at most one for each, by its key."""
    key = catalogue()[name].key[0]
    ours = next(f"{one}.{key}" for one in order if one != name and f"{one}.{key}" in rows.column_names)
    theirs = f"{name}.{key}"
    numbered = rows.append_column("#", pa.array(range(rows.num_rows), pa.int64()))
    joined = numbered.join(
        other.append_column("#key", other.column(theirs)), ours, "#key", join_type="left outer"
    )
    assert joined.num_rows == rows.num_rows, "a key that the vault holds once was met twice"
    return joined.sort_by("#").drop_columns(["#"])


def _joined_to_case(rows: pa.Table, counts: pa.Table, made: Sequence[str]) -> pa.Table:
    ours = "INCIDENTS.INCNUM"
    numbered = rows.append_column("#", pa.array(range(rows.num_rows), pa.int64()))
    joined = numbered.join(counts.select(["INCNUM", *made]), ours, "INCNUM", join_type="left outer")
    return joined.sort_by("#").drop_columns(["#"])


def _without_placeholders(rows: pa.Table, gate: Gate, problems: list[Problem]) -> pa.Table:
    """Rows of entries that are no person name no officer: "unknown" is not one officer with a huge count."""
    number = "ASSOC_INC_OFF.OFFNUM"
    if number not in rows.column_names or not gate.placeholders:
        return rows
    nobody = pc.fill_null(pc.is_in(rows.column(number), pa.array(gate.placeholders, pa.string())), False)
    if met := int(pc.sum(nobody).as_py() or 0):
        problems.append(Problem(where=number, kind=NOBODY, count=met))
    for position, name in enumerate(rows.column_names):
        if name == number or name.startswith("OFFICERS."):
            column = pc.if_else(nobody, pa.scalar(None, pa.string()), rows.column(position))
            rows = rows.set_column(position, name, column)
    return rows


def _packed(rows: pa.Table, of: str, name: str, held: Rows, wanted: Collection[str]) -> pa.Table:
    """The rows with the cells of a table that has several for each, as lists without repetition."""
    link, there = _link(name), held(ROOM + name)
    for column in there.column_names:
        if f"{name}.{column}" not in wanted or column == link:
            continue
        made = lists_of(there, link, column).rename_columns(["#link", f"{name}.{column}"])
        numbered = rows.append_column("#", pa.array(range(rows.num_rows), pa.int64()))
        rows = numbered.join(made, f"{of}.{link}", "#link", join_type="left outer").sort_by("#")
        rows = rows.drop_columns(["#"])
    return rows


def lists_of(rows: pa.Table, link: str, column: str) -> pa.Table:
    """The words that the rows of each link have in the column, each once and in order, one a line."""
    one = rows.select([link, column]).filter(pc.is_valid(rows.column(column)))
    one = one.group_by([link, column]).aggregate([]).sort_by([(link, "ascending"), (column, "ascending")])
    lists = one.group_by(link, use_threads=False).aggregate([(column, "list")])
    return pa.table({link: lists.column(link), column: pc.binary_join(lists.column(f"{column}_list"), "\n")})


def _counted(reason: str, count: int) -> dict[str, int]:
    return {reason: count} if count else {}

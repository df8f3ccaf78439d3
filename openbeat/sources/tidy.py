"""Rows of cells as a file has them, into batches with names; every row is kept, or refused and counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

from openbeat.errors import UnreadableSource, WrongSettings
from openbeat.sources.notes import Notes
from openbeat.sources.shape import Shape

COLUMNS = 2_000  # the widest police file met has 401; more is a file that is not what it seems
CELL = 1 << 20  # characters
ROWS, CELLS, CHARACTERS = 65_536, 1_500_000, 1 << 24  # a batch ends at whichever comes first
OURS = ("_file", "_row", "_part")

Record = list[str] | str  # cells, or why they cannot be had (a kind of refusal)


def tabulate(records: Iterable[Record], shape: Shape, notes: Notes) -> Iterator[pa.RecordBatch]:
    """Batches of text columns and `_row`, from rows of cells.

    Refused: blank_row, repeated_header, long_row (more filled cells than columns), and what a record says of
    itself. Noted: short_row (filled up with nulls), extra_empty_cells, repeated_column, unnamed_column.
    """
    rest = iter(records)
    header = _header(rest, shape, notes)
    names, width = column_names(header, notes), len(header)
    head = header if shape.header != 0 else None
    kept: list[Sequence[str]] = []
    numbers: list[int] = []
    size, number, sent = 0, 0, False
    for number, record in enumerate(rest, 1):
        if isinstance(record, str):
            notes.refuse(record, number)
            continue
        if (not record or not record[0] or record[0].isspace()) and is_blank(record):
            notes.refuse("blank_row", number)
            continue
        if record == head:
            notes.refuse("repeated_header", number)
            continue
        if len(record) < width:
            notes.note("short_row", row=number)
            record = [*record, *[""] * (width - len(record))]
        elif len(record) > width:
            if not is_blank(record[width:]):
                notes.refuse("long_row", number)
                continue
            notes.note("extra_empty_cells", row=number)
            record = record[:width]
        kept.append(record)
        numbers.append(number)
        size += sum(map(len, record))
        if len(kept) == ROWS or len(kept) * width >= CELLS or size >= CHARACTERS:
            yield batch(names, list(zip(*kept, strict=True)), numbers, notes)
            kept, numbers, size, sent = [], [], 0, True
    if kept or not sent:
        yield batch(names, list(zip(*kept, strict=True)) or [()] * width, numbers, notes)


def is_blank(cells: Sequence[str]) -> bool:
    """Whether nothing but white space stands in the cells."""
    return not any(cell and not cell.isspace() for cell in cells)


def batch(
    names: Sequence[str], cells: Sequence[Sequence[str | None]], numbers: Sequence[int], notes: Notes
) -> pa.RecordBatch:
    """One batch from columns of cells; an empty cell is null."""
    arrays = [_column(column, notes) for column in cells]
    return pa.RecordBatch.from_arrays([*arrays, pa.array(numbers, pa.int64())], names=[*names, "_row"])


def column_names(written: Sequence[str], notes: Notes) -> tuple[str, ...]:
    """Names that differ from each other, whatever their case: engines hold `Race` and `RACE` for the same.

    White space around and within a name becomes single spaces. A name that was there before gets " (2)", a
    column without one is called by its place; both are noted.
    """
    too_many_columns(len(written), notes)
    taken = set(OURS)
    names = []
    for place, cell in enumerate(written, 1):
        name = " ".join(cell.split())
        if not name:
            notes.note("unnamed_column")
        elif name.casefold() in taken:
            notes.note("repeated_column")
        plain = name or f"column {place}"
        name, copy = plain, 1
        while name.casefold() in taken:
            copy += 1
            name = f"{plain} ({copy})"
        if not cell.strip():
            notes.unnamed.add(name)
        taken.add(name.casefold())
        names.append(name)
    return tuple(names)


def too_many_columns(count: int, notes: Notes) -> None:
    """Raises UnreadableSource where there are more than anybody means."""
    if count > COLUMNS:
        raise UnreadableSource(
            f"it has {count:,} columns; at most {COLUMNS:,} are read",
            where=notes.where,
            remedies=[
                "set `delimiter` or `header` in agency.toml, if the wrong row was taken for the header"
            ],
        )


def _header(records: Iterator[Record], shape: Shape, notes: Notes) -> list[str]:
    if shape.header == 0:
        if not shape.columns:
            raise WrongSettings(
                "`header = 0` says that there is no header, but nothing names the columns",
                where=notes.where,
                remedies=['add `columns = ["…", "…"]` in agency.toml', "leave out `header`"],
            )
        return list(shape.columns)
    for number, record in enumerate(records, 1):
        if number == (shape.header or number) and isinstance(record, str):
            raise UnreadableSource(
                f"row {number} was taken for the header but cannot be read ({record})",
                where=notes.where,
                remedies=["set `header` in agency.toml to the row of the column names"],
            )
        if number == shape.header or (shape.header is None and not is_blank(record)):
            return list(record)
    raise UnreadableSource(
        "no row of column names was found" if shape.header else "it is empty",
        where=notes.where,
        remedies=["export it again", "set `header` in agency.toml to the row of the column names"],
    )


def _column(cells: Sequence[str | None], notes: Notes) -> pa.Array:
    filled = [cell or None for cell in cells]
    try:
        return pa.array(filled, pa.string())
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON and UTF-16 can carry and UTF-8 cannot
        whole = [cell and cell.encode("utf-8", "replace").decode() for cell in filled]
        notes.note("replaced_characters", count=sum(a != b for a, b in zip(filled, whole, strict=True)))
        return pa.array(whole, pa.string())

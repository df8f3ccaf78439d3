"""What runs confined, in a process of its own: workbooks and JSON documents, one line of JSON for each row.

Started as a plain file, so that it imports nothing of openbeat and begins with little memory:
`parsers.py workbook|document PATH WHAT MEMORY SECONDS CELL`. Rows begin with "=". The
first line says what is wrong, if something is, the last one how it ended: these begin with "#".
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

ROW = 1 << 22  # characters that one row may take up
BUFFER = 1 << 20


def workbook(path: str, sheet: str) -> Iterator[object]:
    """The rows of the named sheet, or of the only one that holds anything, from the top of the sheet."""
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_path(path)
    except python_calamine.PasswordError:
        yield {"error": "password"}
        return
    kinds = python_calamine.SheetTypeEnum
    names = [one.name for one in book.sheets_metadata if one.typ == kinds.WorkSheet]
    if sheet and sheet not in names:
        yield {"error": "sheet", "names": names}
        return
    found = None
    for name in [sheet] if sheet else names:
        one = book.get_sheet_by_name(name)
        if found is not None and one.height:
            yield {"error": "sheets", "names": names}
            return
        found = one if one.height else found
    yield {}
    if found is None:
        return
    # A column in which any cell has a time of day holds moments, so that its midnights are moments too.
    moments = {
        place for row in found.iter_rows() for place, one in enumerate(row) if isinstance(one, datetime)
    }
    for row in found.iter_rows():
        yield [_cell(one, place in moments) for place, one in enumerate(row)]


def document(path: str, records: str) -> Iterator[object]:
    """The records at a path such as `item.features.item` (ijson's way of writing it), nested names dotted."""
    import ijson  # type: ignore[import-untyped]

    with Path(path).open("rb") as plain:
        file, found = _Guarded(plain), 0
        for record in ijson.items(file, records, multiple_values=True, buf_size=BUFFER):
            if not found:
                yield {}
            found += 1
            yield _flat(record) if isinstance(record, dict) else _plain(record)
        if found:
            return
        plain.seek(0)
        home = records.rpartition("item")[0].rstrip(".")
        lists, empty = dict[str, None](), not records
        for prefix, event, _ in ijson.parse(file, multiple_values=True, buf_size=BUFFER):
            empty |= event == "start_array" and prefix == home
            if event == "start_map" and prefix.endswith("item") and len(lists) < 20:
                lists[prefix] = None
        yield {} if empty else {"error": "records", "names": list(lists)}


class _Guarded:
    """A file in which no text goes on for ever: the JSON parser takes the square of its length in time."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.since = file, 0

    def read(self, size: int) -> bytes:
        data = self.file.read(size)
        quote = data.rfind(b'"')
        self.since = len(data) - quote if quote >= 0 else self.since + len(data)
        if self.since > 4 * ROW:
            raise ValueError("a text without end")
        return data


def _cell(value: object, moment: bool) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat() + ("T00:00:00" if moment else "")
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, timedelta):
        minutes, seconds = divmod(value.total_seconds(), 60)
        return f"{minutes // 60:.0f}:{minutes % 60:02.0f}:{seconds:02.0f}"
    return value


def _flat(record: dict[str, object]) -> dict[str, object]:
    """One object without objects in it: `{"a": {"b": 1}}` is `{"a.b": 1}`."""
    flat: dict[str, object] = {}
    for key, value in record.items():
        inner = _flat(value) if isinstance(value, dict) and value else {"": _plain(value)}
        for name, one in inner.items():
            name = f"{key}.{name}" if name else key
            while name in flat:
                name += " (2)"
            flat[name] = one
    return flat


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        number = float(value)
        return number if Decimal(repr(number)) == value else str(value)
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value


def _too_long(row: object, cell: int) -> str | None:
    cells = row.values() if isinstance(row, dict) else row if isinstance(row, list) else [row]
    lengths = [len(one) if isinstance(one, str) else 1 for one in cells]
    return "long_cell" if max(lengths, default=0) > cell else "long_line" if sum(lengths) > ROW else None


def main(kind: str, path: str, what: str, memory: str, seconds: str, cell: str) -> None:
    """Run one parser within its limits; what it raises becomes a last line that says so."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = sys.stdout
    try:
        rows = (workbook if kind == "workbook" else document)(path, what)
        out.write(f"#{json.dumps(next(rows, {}))}\n")
        for row in rows:
            line = json.dumps(_too_long(row, int(cell)) or row)
            out.write(f"={line}\n" if len(line) <= 4 * ROW else '="long_line"\n')
        out.write('#{"end": true}\n')
    except MemoryError:
        sys.exit(3)
    except Exception as error:
        out.write(f"#{json.dumps({'error': 'damaged', 'names': [type(error).__name__]})}\n")
    out.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])

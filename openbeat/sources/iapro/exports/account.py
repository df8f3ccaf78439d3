"""Where every row of the files went, and the tables that they made."""

from __future__ import annotations

from collections.abc import Sequence

from openbeat.sources.iapro.exports.gather import Gathering
from openbeat.sources.iapro.exports.reading import Sheet
from openbeat.sources.iapro.exports.shape import Kind
from openbeat.sources.iapro.exports.way import Exported


def exported(sheets: Sequence[Sheet], kinds: Sequence[Kind], gathering: Gathering) -> Exported:
    """The account of the sheets, each with its kind; the notes of a sheet have the rows that it lost."""
    quarantined: dict[str, list[int]] = {}
    ignored: dict[str, str] = {}
    for sheet, kind in zip(sheets, kinds, strict=True):
        for reason in sheet.notes.refused:
            quarantined.setdefault(reason, []).extend(sorted(sheet.notes.rows[reason]))
        ignored |= {
            name: kind.ignored[name.casefold()] for name in sheet.columns if name.casefold() in kind.ignored
        }
    return Exported(
        tables=gathering.tables(),
        read=sum(sheet.read for sheet in sheets),
        quarantined={reason: tuple(rows) for reason, rows in sorted(quarantined.items())},
        problems=tuple(one for sheet in sheets for one in sheet.notes.problems()),
        ignored=ignored,
    )

"""What agency.toml says about how an agency's files are written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How files are written; whatever is left out is found out, or an error asks for it.

    encoding    a codec's name; else the byte order mark, then UTF-8, then cp1252, which is noted as a problem
    delimiter   one character; else the one among , ; tab | that cuts the first rows most evenly
    quote       one character, or "" where quotes mean nothing; else "
    header      row of the column names, from 1; 0: there is none, and `columns` names them; else the first
                row that is not blank
    columns     the names where there is no header
    sheet       which sheet of a workbook; else the only one that holds anything
    records     dotted path to the records of a JSON document, [] after each list: "features[].attributes"
    member      pattern of the file names wanted from a ZIP archive; else every readable file
    query       SQL that selects the rows
    table       or the table (or schema.table) that they stand in
    unpack      columns whose cells hold several values; one source row becomes one row for each
    unpack_by   what stands between those values
    """

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    header: int | None = None
    columns: tuple[str, ...] = ()
    sheet: str | None = None
    records: str | None = None
    member: str | None = None
    query: str | None = None
    table: str | None = None
    unpack: tuple[str, ...] = ()
    unpack_by: str = ";"

"""The data dictionary: every column and every code, for programs, spreadsheets and readers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

from openbeat.release.documents.cells import columns_of
from openbeat.release.documents.document import Document, DocumentContext, as_json
from openbeat.release.documents.markdown import as_text, code, count, escaped, table
from openbeat.release.documents.wording import PRIVACY, TYPES, opening, precision_of, words_for
from openbeat.release.tables import FORMULA
from openbeat.standards import LANGUAGES, Words

TITLE = Words(en="{title}: data dictionary", es="{title}: diccionario de datos")
READING = Words(
    en="An empty cell means that nothing is known or was recorded; it never means “no”. In the CSV files, "
    "text that a spreadsheet would take for a formula begins with an apostrophe; in the Parquet files it "
    "does not.",
    es="Una celda vacía significa que no se sabe o no se registró nada; nunca significa «no». En los "
    "archivos CSV, el texto que una hoja de cálculo tomaría por una fórmula empieza con un apóstrofo; en los "
    "archivos Parquet, no.",
)
SEVERAL = Words(en="several, separated by {sign}", es="varios, separados por {sign}")
KEY = Words(en="Rows are told apart by: {columns}.", es="Las filas se distinguen por: {columns}.")
REFERS = Words(en="{column} refers to the table {table}.", es="{column} remite a la tabla {table}.")
HEAD = Words(
    en="Column|Type|Definition|Unit|Codes|Precision|Privacy|Empty cells",
    es="Columna|Tipo|Definición|Unidad|Códigos|Precisión|Privacidad|Celdas vacías",
)
CODES = Words(en="Codes", es="Códigos")
SOURCE = Words(en="Source: {source}", es="Fuente: {source}")
CODE_HEAD = Words(en="Code|Name|Definition", es="Código|Nombre|Definición")
FILES = Words(en="dictionary.md", es="diccionario.md")
CSV_HEAD = (
    *("table", "column", "code", "type", "unit", "codes", "separator", "precision", "privacy", "required"),
    *("missing", "name_en", "name_es", "definition_en", "definition_es"),
)


def render(context: DocumentContext) -> Mapping[str, bytes]:
    """`dictionary.json`, `dictionary.csv`, and a page to read in each language."""
    pages = {FILES[language]: as_text(_page(context, language)) for language in LANGUAGES}
    return {"dictionary.json": as_json(_json(context)), "dictionary.csv": _csv(context), **pages}


def _json(context: DocumentContext) -> dict[str, Any]:
    keys = ("title", "grain", "caution", "key", "refers")
    tables = {
        name: {key: entry[key] for key in keys if key in entry} | {"columns": list(columns_of(entry))}
        for name, entry in context.all_tables.items()
    }
    return {**context.about, "tables": tables, "code_lists": context.body["code_lists"]}


def _csv(context: DocumentContext) -> bytes:
    out = io.StringIO()
    rows = csv.DictWriter(out, CSV_HEAD, restval="", lineterminator="\n")
    rows.writeheader()
    for row in _csv_rows(context):
        rows.writerow({key: _safe(value) for key, value in row.items()})
    return out.getvalue().encode()


def _csv_rows(context: DocumentContext) -> Iterator[dict[str, Any]]:
    """A row for each column, followed by a row for each of its codes."""
    for name, entry in context.all_tables.items():
        for column in columns_of(entry):
            place = {"table": name, "column": column["name"]}
            yield {
                **place,
                "type": column["type"],
                "unit": column["unit"],
                "codes": column["codes"],
                "separator": column["separator"],
                "precision": column["publish"],
                "privacy": column["privacy"],
                "required": str(column["required"]).lower(),
                "missing": column["missing"],
                "definition_en": column["about"]["en"],
                "definition_es": column["about"]["es"],
            }
            for key, one in _codes(context, column).items():
                names = {f"name_{language}": one["title"][language] for language in LANGUAGES}
                meanings = {f"definition_{language}": one["about"][language] for language in LANGUAGES}
                yield {**place, "code": key, "codes": column["codes"], **names, **meanings}


def _codes(context: DocumentContext, column: Mapping[str, Any]) -> Mapping[str, Any]:
    codes: Mapping[str, Any] = context.body["code_lists"][column["codes"]]["codes"] if column["codes"] else {}
    return codes


def _safe(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and re.match(FORMULA, value) else value


def _page(context: DocumentContext, language: str) -> Iterator[str]:
    body = context.body
    yield from opening(context, TITLE, language)
    for words in (body["about"], body["caution"], body["notes"]):
        if words:
            yield escaped(words[language]) + "\n"
    yield READING[language] + "\n"
    for name, entry in context.all_tables.items():
        yield from _table(name, entry, language)
    if body["code_lists"]:
        yield f"## {CODES[language]}\n"
    for key, codes in body["code_lists"].items():
        yield f"### {escaped(codes['title'][language])} ({code(key)})\n"
        yield escaped(codes["about"][language]) + "\n"
        yield escaped(SOURCE[language].format(source=codes["source"]))
        rows = [
            (code(one), escaped(said["title"][language]), escaped(said["about"][language]))
            for one, said in codes["codes"].items()
        ]
        yield from table(CODE_HEAD[language].split("|"), rows)


def _table(name: str, entry: Mapping[str, Any], language: str) -> Iterator[str]:
    yield f"## {escaped(entry['title'][language])} ({code(f'{name}.csv')})\n"
    yield escaped((entry.get("grain") or entry["caution"])[language]) + "\n"
    if entry.get("key"):
        yield KEY[language].format(columns=", ".join(map(code, entry["key"]))) + "\n"
    for field, other in entry.get("refers", {}).items():
        yield REFERS[language].format(column=code(field), table=code(other)) + "\n"
    rows = []
    for column in columns_of(entry):
        sign = escaped(column["separator"] or "")
        codes = [code(column["codes"])] if column["codes"] else []
        codes += [SEVERAL[language].format(sign=sign)] if sign else []
        rows.append(
            (
                code(column["name"]),
                words_for(TYPES, column["kind"])[language],
                escaped(column["about"][language]),
                escaped(column["unit"] or ""),
                "; ".join(codes),
                precision_of(column)[language],
                words_for(PRIVACY, column["privacy"])[language],
                count(column["missing"]),
            )
        )
    yield from table(HEAD[language].split("|"), rows, numbers=[7])


document = Document(key="dictionary", name="dictionary.json", render=render)

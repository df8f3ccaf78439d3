"""The quality report: where every row went, what the checks found, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openbeat.release.documents.cells import columns_of
from openbeat.release.documents.document import Document, DocumentContext, as_json
from openbeat.release.documents.markdown import as_text, code, count, escaped, share, table
from openbeat.release.documents.wording import LEVELS, opening, words_for
from openbeat.standards import LANGUAGES, Words

TITLE = Words(en="{title}: quality report", es="{title}: informe de calidad")
ROWS = Words(en="Where every row went", es="Adónde fue cada fila")
ROWS_HEAD = Words(en="|Rows", es="|Filas")
READ = Words(en="Read from the agency's records", es="Leídas de los registros de la agencia")
UNPACKED = Words(
    en="Added where one row of the agency's held several", es="Agregadas donde una fila contenía varias"
)
REFUSED = Words(
    en="Refused, because they cannot be read or used: {reason}",
    es="Rechazadas porque no se pueden leer o usar: {reason}",
)
WITHHELD = Words(
    en="Withheld to protect people: {reason}", es="Retenidas para proteger a las personas: {reason}"
)
PUBLISHED = Words(en="Published", es="Publicadas")
LOST = Words(en="Not accounted for", es="Sin explicación")
COARSENED = Words(
    en="Of those published, with less detail: {reason}", es="De las publicadas, con menos detalle: {reason}"
)
FOUND = Words(en="What the checks found", es="Qué encontraron las verificaciones")
NOTHING = Words(en="The checks found nothing.", es="Las verificaciones no encontraron nada.")
REMEDY = Words(en="What to do: {remedy}", es="Qué hacer: {remedy}")
ACCEPTED = Words(
    en="The agency published all the same: {reason}", es="La agencia publicó de todos modos: {reason}"
)
EMPTY = Words(en="Empty cells", es="Celdas vacías")
EMPTY_HEAD = Words(en="Column|Empty cells|Share of rows", es="Columna|Celdas vacías|Parte de las filas")
IGNORED = Words(en="Columns of the agency's that were left out", es="Columnas de la agencia que no se usaron")
IGNORED_HEAD = Words(en="Column|Why", es="Columna|Por qué")
WORDS = Words(
    en="What each word of the agency's was taken to mean, and which words were ignored and why, "
    "stands in {file} (lines: {rows}).",
    es="El significado que se dio a cada palabra de la agencia, y qué palabras se ignoraron y por qué, "
    "está en {file} (líneas: {rows}).",
)
MONTHS = Words(en="Published rows by month", es="Filas publicadas por mes")
MONTHS_HEAD = Words(
    en="Year|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec",
    es="Año|ene|feb|mar|abr|may|jun|jul|ago|sep|oct|nov|dic",
)
MONTHS_ABOUT = Words(
    en="“gap”: known to be missing. An asterisk: the records end within the month.",
    es="«falta»: se sabe que no hay datos. Un asterisco: los registros terminan dentro del mes.",
)
GAP = Words(en="gap", es="falta")
PENDING = Words(en="Not yet releasable: {status}: {count}", es="Todavía no publicables: {status}: {count}")
BREAK = Words(
    en="From {day} on, the numbers mean something else: {says}",
    es="Desde el {day}, las cifras significan otra cosa: {says}",
)
FILES = Words(en="quality.md", es="calidad.md")


def render(context: DocumentContext) -> Mapping[str, bytes]:
    """`quality.json`, and a page to read in each language."""
    pages = {FILES[language]: as_text(_page(context, language)) for language in LANGUAGES}
    return {"quality.json": as_json(_json(context)), **pages}


def unaccounted(account: Mapping[str, Any]) -> int:
    """The rows of which the account does not say where they went: 0, or something is wrong."""
    gone = sum(account["refused"].values()) + sum(account["withheld"].values())
    return int(account["read"] + account["unpacked"] - gone - account["published"])


def _json(context: DocumentContext) -> dict[str, Any]:
    body = context.body
    tables = {
        name: {
            "account": entry["account"] | {"unaccounted": unaccounted(entry["account"])},
            "columns": [
                {
                    "name": one["name"],
                    "missing": one["missing"],
                    "share": _part(one["missing"], entry["rows"]),
                }
                for one in columns_of(entry)
            ],
            "months": entry["months"],
        }
        for name, entry in body["tables"].items()
    }
    same = ("findings", "period", "partial_from", "gaps", "breaks", "pending")
    words = {"file": "words.csv", "rows": body["crosswords"]["rows"]}
    return {**context.about, "tables": tables, "words": words, **{key: body[key] for key in same}}


def _part(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def _page(context: DocumentContext, language: str) -> Iterator[str]:
    body = context.body
    yield from opening(context, TITLE, language)
    yield from _findings(body["findings"], language)
    for name, entry in body["tables"].items():
        yield f"## {escaped(entry['title'][language])} ({code(name)})\n"
        yield from _account(entry["account"], language)
        yield from _empty(entry, language)
        if ignored := entry["account"]["ignored_columns"]:
            yield f"### {IGNORED[language]}"
            rows = [(code(column), escaped(why)) for column, why in ignored.items()]
            yield from table(IGNORED_HEAD[language].split("|"), rows)
        yield from _months(entry["months"], body, language)
    yield WORDS.filled(file=code("words.csv"), rows=count(body["crosswords"]["rows"]))[language] + "\n"
    for one in body["breaks"]:
        yield BREAK[language].format(day=one["on"], says=escaped(one["says"][language])) + "\n"
    for one in body["pending"]:
        state = escaped(one["title"][language])
        yield PENDING[language].format(status=state, count=count(one["cases"])) + "\n"


def _findings(findings: list[Mapping[str, Any]], language: str) -> Iterator[str]:
    yield f"## {FOUND[language]}\n"
    met = [one for one in findings if one["count"]]
    if not met:
        yield NOTHING[language] + "\n"
    for one in met:
        level = words_for(LEVELS, one["level"])[language]
        yield f"- **{escaped(one['check'])}** {level}. {escaped(one['says'][language])}"
        yield f"  {REMEDY[language].format(remedy=escaped(one['remedy'][language]))}"
        if one["accepted"]:
            yield f"  {ACCEPTED[language].format(reason=escaped(one['accepted']))}"
    yield ""


def _account(account: Mapping[str, Any], language: str) -> Iterator[str]:
    def reasons(words: Words, counts: Mapping[str, int], sign: str) -> list[tuple[str, str]]:
        return [
            (words[language].format(reason=escaped(why)), f"{sign}{count(rows)}")
            for why, rows in counts.items()
        ]

    yield f"### {ROWS[language]}"
    rows = [
        (READ[language], count(account["read"])),
        (UNPACKED[language], f"+{count(account['unpacked'])}"),
        *reasons(REFUSED, account["refused"], "−"),
        *reasons(WITHHELD, account["withheld"], "−"),
        (f"**{PUBLISHED[language]}**", f"**{count(account['published'])}**"),
        (LOST[language], count(unaccounted(account))),
        *reasons(COARSENED, account["coarsened"], ""),
    ]
    yield from table(ROWS_HEAD[language].split("|"), rows, numbers=[1])


def _empty(entry: Mapping[str, Any], language: str) -> Iterator[str]:
    yield f"### {EMPTY[language]}"
    rows = [
        (code(one["name"]), count(one["missing"]), share(one["missing"], entry["rows"]))
        for one in columns_of(entry)
    ]
    yield from table(EMPTY_HEAD[language].split("|"), rows, numbers=[1, 2])


def _months(months: Mapping[str, int], body: Mapping[str, Any], language: str) -> Iterator[str]:
    if not months:
        return
    every = {*months, *body["gaps"]}
    first, last = min(every), max(every)
    partial = (body["partial_from"] or "")[:7]

    def cell(month: str) -> str:
        if month in body["gaps"]:
            return GAP[language]
        if not first <= month <= last:
            return ""
        return count(months.get(month, 0)) + ("\\*" if month == partial else "")

    yield f"### {MONTHS[language]}"
    rows = [
        (f"{year}", *(cell(f"{year:04}-{month:02}") for month in range(1, 13)))
        for year in range(int(first[:4]), int(last[:4]) + 1)
    ]
    yield from table(MONTHS_HEAD[language].split("|"), rows, numbers=range(1, 13))
    yield MONTHS_ABOUT[language] + "\n"


document = Document(key="quality", name="quality.json", render=render)

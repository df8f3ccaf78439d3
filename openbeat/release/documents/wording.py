"""What the documents call types, precisions, privacy classes and levels, in each language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openbeat.release.documents.document import DocumentContext
from openbeat.release.documents.markdown import escaped
from openbeat.standards import Words

TYPES: Mapping[str, Words] = {
    "id": Words(en="pseudonym", es="seudónimo"),
    "text": Words(en="text", es="texto"),
    "code": Words(en="code", es="código"),
    "codes": Words(en="several codes", es="varios códigos"),
    "place": Words(en="place", es="lugar"),
    "free_text": Words(en="free text", es="texto libre"),
    "url": Words(en="web address", es="dirección web"),
    "month": Words(en="month (YYYY-MM)", es="mes (AAAA-MM)"),
    "time": Words(en="time (HH:MM)", es="hora (HH:MM)"),
    "integer": Words(en="whole number", es="número entero"),
    "year": Words(en="year", es="año"),
    "number": Words(en="number", es="número"),
    "latitude": Words(en="latitude (WGS 84, degrees)", es="latitud (WGS 84, grados)"),
    "longitude": Words(en="longitude (WGS 84, degrees)", es="longitud (WGS 84, grados)"),
    "boolean": Words(en="true or false", es="verdadero (true) o falso (false)"),
    "date": Words(en="date (YYYY-MM-DD)", es="fecha (AAAA-MM-DD)"),
}
PRECISIONS: Mapping[str, Words] = {
    "exact": Words(en="as recorded", es="tal como se registró"),
    "day": Words(en="to the day", es="al día"),
    "month": Words(en="to the month; the day is always the 1st", es="al mes; el día siempre es el 1"),
    "year": Words(
        en="to the year; the day is always January 1", es="al año; el día siempre es el 1 de enero"
    ),
    "hour": Words(en="to the hour", es="a la hora"),
    "block": Words(en="to the hundred block or crossing", es="a la cuadra o al cruce"),
    "age range": Words(en="as an age range", es="como grupo de edad"),
    "2 decimals": Words(en="to 2 decimals, about 1 km", es="a 2 decimales, cerca de 1 km"),
    "3 decimals": Words(en="to 3 decimals, about 100 m", es="a 3 decimales, cerca de 100 m"),
    "none": Words(en="not published", es="no se publica"),
    "withheld": Words(en="not published", es="no se publica"),
    "pseudonym": Words(
        en="a keyed hash in place of the agency's number",
        es="un código cifrado en lugar del número de la agencia",
    ),
}
PRIVACY: Mapping[str, Words] = {
    "direct": Words(
        en="identifies somebody: never leaves the agency as it is",
        es="identifica a alguien: nunca sale de la agencia tal cual",
    ),
    "quasi": Words(
        en="could help to identify somebody together with other columns",
        es="junto con otras columnas podría ayudar a identificar a alguien",
    ),
    "sensitive": Words(en="sensitive about a person", es="delicado para una persona"),
    "open": Words(en="open", es="abierto"),
}
LEVELS: Mapping[str, Words] = {
    "B": Words(
        en="Would stop the release unless the agency gave a reason",
        es="Detendría la publicación si la agencia no diera una razón",
    ),
    "W": Words(en="Warning", es="Advertencia"),
    "S": Words(en="Score", es="Puntuación"),
}

RELEASE = Words(
    en="{agency}, version {version}, published {day}. {page}",
    es="{agency}, versión {version}, publicada el {day}. {page}",
)
SYNTHETIC = Words(
    en="Synthetic data: no row speaks of a real person or event.",
    es="Datos sintéticos: ninguna fila habla de una persona o un hecho real.",
)


def synthetic_note(body: Mapping[str, Any]) -> dict[str, str] | None:
    """What must be said first of a release that is made up; None for a real one."""
    return SYNTHETIC.as_dict() if body["agency_facts"]["synthetic"] else None


def opening(context: DocumentContext, title: Words, language: str) -> list[str]:
    """The first lines of a page: what it is, and of which release it speaks."""
    body = context.body
    about = RELEASE.filled(
        agency=escaped(body["agency_facts"]["name"]),
        version=context.version,
        day=body["issued"][:10],
        page=f"<{context.version_page(language)}>",
    )
    note = synthetic_note(body)
    return [
        f"# {escaped(title[language].format(title=body['title'][language]))}\n",
        *([f"**{note[language]}**\n"] if note else []),
        about[language] + "\n",
    ]


def words_for(table: Mapping[str, Words], word: str) -> Words:
    """What the table calls the word; the word itself in both languages where it calls it nothing."""
    return table.get(word, Words(en=word, es=word))


def precision_of(column: Mapping[str, Any]) -> Words:
    """How precisely a column left the agency."""
    first = str(column["publish"]).split(",")[0].split(" (")[0]
    return PRECISIONS.get(first, words_for(PRECISIONS, str(column["publish"])))

"""One POST of an extractor, read whole before anything of it is kept.

A message of this module names keys and row numbers, never what a cell holds.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from openbeat.errors import RefusedDelivery
from openbeat.sources.comport.schema import DATASETS, INCIDENT, KNOWN, faults_of
from openbeat.sources.scalars import text_of

Cells = Mapping[str, str | None]  # a row as text

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
ENVELOPE = {"month", "year", "data"}
MOST_ROWS, MOST_CHARACTERS, MOST_STRANGE = 10_000, 20_000, 50  # of a delivery, a cell, and unknown keys
SHOWN = 5  # faults of a row that are told


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """The rows of one POST.

    digest   the same for the same delivery, however its JSON is laid out
    strange  keys that the protocol does not know; their cells are kept like any other
    """

    dataset: str
    rows: tuple[Cells, ...]
    digest: str
    strange: frozenset[str]


def read_delivery(dataset: str, body: bytes) -> Delivery:
    """The rows that the body hands in for a dataset.

    Raises RefusedDelivery where one row of it is not what some department's extractor sends.
    """
    if dataset not in KNOWN:
        raise refused("data", f"there is no such dataset; the datasets are {', '.join(DATASETS)}")
    where = f"data/{dataset}"
    document = read_json(body, where)
    if not isinstance(document, dict) or not isinstance(document.get("data"), list):
        raise refused(where, "the body must be an object whose 'data' is a list of rows")
    if unknown := document.keys() - ENVELOPE:
        raise refused(
            where, f"beside 'data' there may be 'month' and 'year', not {_named(sorted(unknown)[0])}"
        )
    for key in ("month", "year"):
        if not isinstance(document.get(key), int | None) or isinstance(document.get(key), bool):
            raise refused(where, f"{key!r} must be a whole number")
    rows = document["data"]
    if len(rows) > MOST_ROWS:
        raise refused(where, f"holds {len(rows)} rows; at most {MOST_ROWS} may come at once")
    known = KNOWN[dataset]
    spellings = {key.lower(): key for key in known}
    cells = []
    for number, row in enumerate(rows, start=1):
        if faults := _faults(row, dataset, spellings):
            told = "; ".join(faults[:SHOWN]) + (f"; and {more} more" if (more := len(faults[SHOWN:])) else "")
            raise refused(where, f"row {number}: {told}")
        cells.append({key: _text(value) for key, value in row.items()})
    strange = frozenset(spellings.values()) - known
    if len(strange) > MOST_STRANGE:
        raise refused(
            where, f"{len(strange)} keys are unknown to the protocol; at most {MOST_STRANGE} may be"
        )
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    return Delivery(dataset=dataset, rows=tuple(cells), digest=digest, strange=strange)


def read_json(body: bytes, where: str) -> Any:
    """What the body says, as UTF-8 JSON in which no object has a key twice.

    Raises RefusedDelivery
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(found := dict(pairs)) < len(pairs):
            twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
            raise refused(where, f"an object has {_named(twice)} twice")
        return found

    def no_number(sign: str) -> NoReturn:
        raise refused(where, f"{sign} is no JSON")

    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=once, parse_constant=no_number)
    except RecursionError:
        problem = "the JSON is nested too deeply"
    except ValueError:  # of the decoder, the parser, or a number of thousands of digits
        problem = "the body is not JSON in UTF-8"
    raise refused(where, problem)  # outside of the handlers: the parser's error holds the whole body


def refused(where: str, problem: str) -> RefusedDelivery:
    """The error of a delivery of which nothing is kept."""
    return RefusedDelivery(
        problem, where=where, remedies=["mend it at the extractor, and hand the whole delivery in again"]
    )


def _faults(row: object, dataset: str, spellings: dict[str, str]) -> list[str]:
    if not isinstance(row, dict):
        return ["must be an object"]
    found = []
    for key, value in row.items():
        if not NAME.fullmatch(key):
            return ["a key is not a name of A-Z, a-z, 0-9 and _"]
        if spellings.setdefault(key.lower(), key) != key:
            found.append(f"{key!r} is also spelt {spellings[key.lower()]!r}")
        if problem := _unfit(value):
            found.append(f"{key!r} {problem}")
    if found:
        return found
    incident = row.get(INCIDENT)
    if INCIDENT in row and (incident is None or (isinstance(incident, str) and not incident.strip())):
        return [f"{INCIDENT!r} is empty"]
    return faults_of(row, dataset)


def _unfit(value: object) -> str | None:
    if isinstance(value, dict | list):
        return "must be one plain value"
    if isinstance(value, float) and not math.isfinite(value):
        return "is larger than a number can be"
    if isinstance(value, str):
        if len(value) > MOST_CHARACTERS:
            return f"has more than {MOST_CHARACTERS} characters"
        if any("\ud800" <= sign <= "\udfff" for sign in value):
            return "has half a character"
    return None


def _text(value: str | float | None) -> str | None:
    return value if value == "" else text_of(value)  # an empty text stays one: it is what was sent


def _named(key: str) -> str:
    return repr(key) if NAME.fullmatch(key) else "a key that is no name"

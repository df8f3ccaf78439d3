"""A Comport extractor as departments ran it, and rows made from the reference's schemas, not from ours."""

from __future__ import annotations

import json
import random
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

Row = dict[str, Any]

CHUNK = 100  # rows of a POST of Comport's own test client
DATASETS = {
    "UseOfForceIncident": "UOF",
    "OfficerInvolvedShooting": "OIS",
    "CitizenComplaint": "complaints",
    "Pursuit": "pursuits",
    "AssaultOnOfficer": "assaults",
}
MARKS = {"@": "moment", "?": "boolean", "#": "integer", "": "text"}
# Indianapolis' complaints and assaults on officers, for tests that run without the reference.
COMPLAINTS = {
    "opaqueId": "text",
    "serviceType": "text",
    "source": "text",
    "occuredDate": "moment",
    "division": "text",
    "precinct": "text",
    "shift": "text",
    "beat": "text",
    "allegationType": "text",
    "allegation": "text",
    "disposition": "text",
    "residentRace": "text",
    "residentSex": "text",
    "residentAge": "text",
    "officerIdentifier": "text",
    "officerRace": "text",
    "officerSex": "text",
    "officerAge": "text",
    "officerYearsOfService": "text",
}
ASSAULTS = {
    "opaqueId": "text",
    "officerIdentifier": "text",
    "serviceType": "text",
    "forceType": "text",
    "assignment": "text",
    "arrestMade": "boolean",
    "officerInjured": "boolean",
    "officerKilled": "boolean",
    "reportFiled": "boolean",
}


def reference_schemas(shared: Path) -> dict[tuple[str, str], dict[str, str]]:
    """The keys on the wire and their types, by dataset and department, as the reference lists them."""
    text = (shared / "reference" / "publishing-and-iapro.md").read_text("utf-8")
    part = text.partition("### 3.6")[2].partition("### 3.7")[0]
    found = {}
    lines = re.finditer(r"\*\*`([A-Za-z]+?)(IMPD|BPD|LMPD|SRPD|WPD)`\*\*[^\n]*\n\n([^\n]+)", part)
    for kind, department, line in (match.groups() for match in lines):
        fields = re.findall(r"`(\w+)([@?#]?)(?: \(.*?json (\w+)\))?`", line)
        keys = {wire or name: MARKS[mark] for name, mark, wire in fields}
        found[DATASETS[kind], department] = keys
    return found


def make_rows(keys: Mapping[str, str], count: int, chance: random.Random, *, incidents: int = 0) -> list[Row]:
    """Rows as an extractor sends them, in the order of their incidents, of which `incidents` is the most."""
    names = [f"{chance.getrandbits(128):032x}" for _ in range(incidents or count)]
    rows = [
        {key: _value(key, kind, chance) for key, kind in keys.items()} | {"opaqueId": chance.choice(names)}
        for _ in range(count)
    ]
    return sorted(rows, key=lambda row: names.index(row["opaqueId"]))


def _value(key: str, kind: str, chance: random.Random) -> Any:
    if kind == "moment":
        day = datetime(2014, 1, 1) + timedelta(days=chance.randrange(730))
        return chance.choice([day.strftime("%Y-%m-%d 0:0:00"), day.strftime("%Y-%m-%d %H:%M:%S"), None])
    if kind == "boolean":
        return chance.choice([True, False, None])
    if kind == "integer":
        return chance.choice([chance.randrange(30), None])
    if key.endswith(("Identifier", "Id")):
        return f"{chance.getrandbits(128):032x}"
    if key.endswith("Age"):
        return str(chance.randrange(15, 70))
    return chance.choice(
        ["Black", "White ", "Fleeing", "Resisting Law Enforcement (MA)", "NULL", "", None, "ñ"]
    )


def as_received(row: Mapping[str, Any]) -> dict[str, str]:
    """What the vault should give back of a row, nulls left out."""
    return {
        key: str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in row.items()
        if value is not None
    }


def in_any_order(rows: Iterable[Mapping[str, Any]]) -> list[list[tuple[str, str]]]:
    """Rows as one thing to compare, however they are ordered."""
    return sorted(sorted(as_received(row).items()) for row in rows)


@dataclass
class Answer:
    """What the server said."""

    status: int
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Extractor:
    """Posts as departments' extractors do."""

    port: int
    username: str = "extractor"
    password: str = "correct horse"

    def post(self, path: str, body: object, **headers: str) -> Answer:
        """POSTs a body, as JSON unless it is bytes already."""
        login = b64encode(f"{self.username}:{self.password}".encode()).decode()
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", "Authorization": f"Basic {login}"} | headers
        return self.ask("POST", path, data, sent)

    def ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            return Answer(response.status, response.read().decode())
        finally:
            connection.close()

    def heartbeat(self) -> Any:
        answer = self.post("/data/heartbeat", {"heartbeat": "heartbeat"})
        assert answer.status == 200, answer.text
        return answer.json

    def hand_in(self, dataset: str, rows: Sequence[Row]) -> list[Answer]:
        """The rows, a hundred at a time; like Comport's client it goes on after an error."""
        return [
            self.post(f"/data/{dataset}", {"month": 0, "year": 0, "data": rows[start : start + CHUNK]})
            for start in range(0, max(len(rows), 1), CHUNK)
        ]


# What Comport's own test client did to rows, to see what its server made of them.
Mutator = Callable[[Row, random.Random], Row]


def _some(row: Row, chance: random.Random, *spared: str) -> list[str]:
    keys = sorted(row.keys() - {"opaqueId", *spared})
    return [chance.choice(keys) for _ in keys]


def missing_data(row: Row, chance: random.Random) -> Row:
    return row | dict.fromkeys(_some(row, chance), None)


def empty_data(row: Row, chance: random.Random) -> Row:
    return row | {key: chance.choice(["", " "]) for key in _some(row, chance)}


def fuzzed_data(row: Row, chance: random.Random) -> Row:
    def fuzz() -> str:
        return "".join(chance.choices("ABCXYZ0189     ", k=chance.randrange(140)))

    return row | {key: fuzz() for key in _some(row, chance, "occuredDate")}


def known_bad_data(row: Row, chance: random.Random) -> Row:
    people = {f"{who}{what}" for who in ("officer", "resident") for what in ("Race", "Sex")}
    letters = {key: chance.choice("bBmMfF") for key in people & row.keys()}
    units = {"division": "OPERATIONS DIVISION", "precinct": "NORTH DISTRICT", "shift": "Fto Section"}
    return row | letters | {key: unit for key, unit in units.items() if key in row}


def casing(row: Row, chance: random.Random) -> Row:
    texts = [key for key, value in row.items() if isinstance(value, str) and not key.endswith("Date")]
    mixed = {key: "".join(chance.choice([one.upper(), one.lower()]) for one in row[key]) for key in texts}
    return row | mixed | {"opaqueId": row["opaqueId"]}


def condensed_date(row: Row, chance: random.Random) -> Row:
    return _dated(row, datetime(2015, 1, 1) + timedelta(days=chance.randrange(182)))


def gap_date(row: Row, chance: random.Random) -> Row:
    if chance.random() > 1 / 12:
        return condensed_date(row, chance)
    return _dated(row, datetime(2016, 1, 1) + timedelta(days=chance.randrange(7)))


def _dated(row: Row, day: datetime) -> Row:
    return row | {key: f"{day:%Y-%m-%d} 0:0:00" for key in ("occuredDate", "occurredDate") if key in row}


MUTATORS: tuple[Mutator, ...] = (
    missing_data,
    empty_data,
    fuzzed_data,
    known_bad_data,
    casing,
    condensed_date,
    gap_date,
)

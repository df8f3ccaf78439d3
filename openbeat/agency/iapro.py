"""Reads [iapro] in agency.toml: where it is, what its types of cases are, and when they may be released."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openbeat.agency.kinds import Kind, each_of, known_in, perhaps, texts_in
from openbeat.agency.model import Iapro
from openbeat.standards import standards

IAPRO: dict[str, Kind] = {
    **dict.fromkeys(["database", "schema"], str),
    **dict.fromkeys(["incident_types", "ignored_types"], dict),
    **dict.fromkeys(["releasable", "placeholders"], list),
    "full_read_days": int,
}


def iapro_in(written: Mapping[str, Any], faults: list[str]) -> Iapro:
    """What the agency says of its IAPro; every fault is added to `faults`."""
    data = known_in(written, IAPRO, "iapro", faults)
    types = each_of(data.get("incident_types", {}), str, "iapro.incident_types", faults)
    ignored = each_of(data.get("ignored_types", {}), str, "iapro.ignored_types", faults)
    faults += [
        f"iapro.incident_types.{word!r}: no dataset type is called {dataset!r}{perhaps(dataset, standards())}"
        for word, dataset in types.items()
        if dataset not in standards()
    ]
    faults += [
        f"iapro.ignored_types: {word!r} is left out without a reason"
        for word, why in ignored.items()
        if not why.strip()
    ]
    both = {_plain(word) for word in types} & {_plain(word) for word in ignored}
    faults += [f"iapro: {word!r} is both a type of a dataset and ignored" for word in sorted(both)]
    releasable = texts_in(data.get("releasable", ["Completed"]), "iapro.releasable", faults)
    if not all(one.strip() for one in releasable):
        faults.append("iapro.releasable: a case without a state is never released")
    return Iapro(
        database=data.get("database"),
        schema=data.get("schema", "IA_ADM") or None,
        incident_types=types,
        ignored_types=ignored,
        releasable=releasable,
        placeholders=texts_in(data.get("placeholders", []), "iapro.placeholders", faults),
        full_read_days=data.get("full_read_days", 30),
    )


def _plain(word: str) -> str:
    return " ".join(word.casefold().split())

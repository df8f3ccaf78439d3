"""The columns of a derived table, which are the same for every rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from openbeat.standards import Words

YEAR = Words(
    en="The year that was counted; empty: the whole period.",
    es="El año contado; vacío: todo el período.",
)
PLACE_FIELD = Words(
    en="Which field the place is from; empty: the whole area.",
    es="El campo del que procede el lugar; vacío: toda el área.",
)
PLACE = Words(
    en="The place that was counted; empty: the whole area.", es="El lugar contado; vacío: toda el área."
)
GROUP_FIELD = Words(
    en="Which field the group is from; empty: everybody.",
    es="El campo del que procede el grupo; vacío: todas las personas.",
)
GROUP = Words(
    en="The group that was counted; empty: everybody.", es="El grupo contado; vacío: todas las personas."
)
COUNT = Words(
    en="How many there were; empty where the cell is suppressed.",
    es="Cuántos casos hubo; vacío si la celda está suprimida.",
)
AMONG = Words(
    en="Among how many they were counted; empty where the cell is suppressed.",
    es="Entre cuántos se contaron; vacío si la celda está suprimida.",
)
SHARE = Words(
    en="The count divided by among how many, from 0 to 1.",
    es="El número de casos dividido entre el total considerado, de 0 a 1.",
)
LOW = Words(
    en="The lower end of the 95% interval of the share.", es="Límite inferior del intervalo del 95 %."
)
HIGH = Words(
    en="The upper end of the 95% interval of the share.", es="Límite superior del intervalo del 95 %."
)
SUPPRESSED = Words(
    en="Whether the cell is hidden, because it or a cell that would give it away counts too few.",
    es="Si la celda está oculta porque ella, u otra que permitiría deducirla, tiene muy pocos casos.",
)
CELLS: tuple[tuple[str, str, Words], ...] = (
    ("year", "int64", YEAR),
    ("place_field", "string", PLACE_FIELD),
    ("place", "string", PLACE),
    ("group_field", "string", GROUP_FIELD),
    ("group", "string", GROUP),
    ("count", "int64", COUNT),
    ("among", "int64", AMONG),
    ("share", "float64", SHARE),
    ("low", "float64", LOW),
    ("high", "float64", HIGH),
    ("suppressed", "boolean", SUPPRESSED),
)
KINDS: Mapping[str, str] = {"string": "text", "int64": "integer", "float64": "number", "boolean": "boolean"}


def columns_of(table: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The columns of a table; those of a derived one that lists none are the columns of every rate."""
    found: Sequence[Mapping[str, Any]] | None = table.get("columns")
    return found if found is not None else [_column(table, *cell) for cell in CELLS]


def _column(table: Mapping[str, Any], name: str, stored_as: str, about: Words) -> dict[str, Any]:
    is_share = stored_as == "float64"
    return {
        "name": name,
        "type": stored_as,
        "kind": KINDS[stored_as],
        "about": about.as_dict(),
        "unit": None,
        "codes": None,
        "separator": None,
        "privacy": "open",
        "publish": "exact",
        "required": name == "suppressed",
        "missing": sum(cell[name] is None for cell in table["cells"]),
        "minimum": 0 if is_share or name in ("count", "among") else None,
        "maximum": 1 if is_share else None,
    }

"""An agency's words for a list of codes, said once for every field of every dataset that uses the list."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from openbeat.agency.kinds import each_of, perhaps
from openbeat.standards import Field, Table, code_lists

Lists = Mapping[str, Mapping[str, Mapping[str, Any]]]  # codes or ignored_words -> list -> word -> meaning


def lists_in(data: Mapping[str, Any], faults: list[str]) -> Lists:
    """What [codes.LIST] and [ignored_words.LIST] at the top of agency.toml say."""
    known = code_lists()
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for part, kind in (("codes", (str, list)), ("ignored_words", str)):
        found[part] = {}
        for key, written in each_of(data.get(part, {}), dict, part, faults).items():
            if key not in known:
                faults.append(f"{part}: there is no list of codes {key!r}{perhaps(key, known)}")
                continue
            words = each_of(written, kind, f"{part}.{key}", faults)
            found[part][key] = words
            if part == "codes":
                for word, code in words.items():
                    codes = code if isinstance(code, list) else [code]
                    _must_be_among(codes, known[key].codes, f"{part}.{key}.{word!r}", faults)
            else:
                faults += [
                    f"{part}.{key}: {word!r} is left out without a reason"
                    for word, why in words.items()
                    if not why.strip()
                ]
    return found


def with_lists(
    part: str, own: Mapping[str, Any], fields: Collection[str], table: Table, lists: Lists
) -> dict[str, Any]:
    """The words of a table's fields: the agency's for the list, on top of them those said for the field."""
    merged = dict(own)
    for key in fields:
        codes = table.fields[key].codes
        shared = lists[part].get(codes.key, {}) if codes else {}
        if shared:
            merged[key] = {**shared, **own.get(key, {})}
    return merged


def codes_are_known(field: Field, codes: Sequence[Any], where: str, faults: list[str]) -> None:
    """Faults a code that the field cannot hold."""
    allowed = {"yes", "no"} if field.type == "boolean" else {*field.codes.codes} if field.codes else set()
    _must_be_among(codes, allowed, where, faults)


def _must_be_among(codes: Sequence[Any], allowed: Collection[str], where: str, faults: list[str]) -> None:
    faults += [
        f"{where}: there is no code {one!r}{perhaps(str(one), allowed)}"
        for one in codes
        if one not in allowed
    ]

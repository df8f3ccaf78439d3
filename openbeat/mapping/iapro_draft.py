"""A first agency.toml for an agency that keeps its cases in IAPro: every guess says so, the rest is asked."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from openbeat.mapping.columns import may_be_shown
from openbeat.mapping.draft import AGENCY
from openbeat.sources.iapro.probe import Probed
from openbeat.standards import Field, code_lists, standards

LABELS = ("labels", "types")
OFTEN = 0.9  # a column that says something more seldom is remarked upon
JUDGED = ("finding", "discipline")  # lists in which a word that looks alike may mean the opposite
MISSING = ["NULL", "N/A", "NA", "None recorded"]
FREQUENCY = 'frequency = "P1M"  # guess: once a month'


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a look at the database found, as far as a draft needs it; columns are called TABLE.COLUMN."""

    columns: frozenset[str]
    rows: Mapping[str, int]  # table -> rows
    labels: Mapping[str, str] = field(default_factory=dict)  # a user-defined column -> what the site calls it
    words: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # column -> word -> rows
    filled: Mapping[str, float] = field(default_factory=dict)  # column -> share of rows that say something
    nobody: Mapping[str, int] = field(default_factory=dict)  # OFFNUM without any date -> cases linked


@cache
def _known() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = tomllib.loads(
        files("openbeat.mapping").joinpath("iapro_fields.toml").read_text("utf-8")
    )
    return loaded


def seen_by(probed: Probed) -> Seen:
    """What a draft needs of what the probe found."""
    columns = {
        f"{name}.{key}": one for name, table in probed.tables.items() for key, one in table.columns.items()
    }
    return Seen(
        columns=frozenset(columns),
        rows={name: table.rows for name, table in probed.tables.items()},
        labels={name: one.meanings[0] for name, one in columns.items() if one.meanings},
        words={name: one.words for name, one in columns.items() if one.words},
        filled={name: one.filled for name, one in columns.items() if one.filled is not None},
        nobody=probed.placeholders,
    )


@dataclass(frozen=True, kw_only=True)
class Filling:
    """How fully a site can fill one dataset."""

    dataset: str
    cases: int | None  # of its types; None where its rows belong to no case
    fields: int  # that have a column here, of all tables
    known: int  # that IAPro has anywhere
    often_empty: Mapping[str, float]  # table.field -> share of rows that say something, below one half


def fillings(seen: Seen) -> tuple[Filling, ...]:
    """Which datasets the site can fill and how fully, by the columns that it has and what stands in them."""
    types, counted = _types(seen), _type_words(seen)
    made = []
    for dataset in (
        key for key in _known() if key not in LABELS and _has_rows(key, seen, set(types.values()))
    ):
        cases = [counted[word] for word, one in types.items() if one == dataset]
        tables = _known()[dataset]
        here = {
            f"{table}.{key}": _share(one, seen)
            for table, written in tables.items()
            for key, one in written.items()
            if _can_fill(one, seen)
        }
        made.append(
            Filling(
                dataset=dataset,
                cases=sum(cases) if cases else None,
                fields=len(here),
                known=sum(map(len, tables.values())),
                often_empty={key: share for key, share in here.items() if share < 0.5},
            )
        )
    return tuple(made)


def _share(written: str | Mapping[str, Any], seen: Seen) -> float:
    """The share of rows in which a field can say something; a reckoning needs all columns, or the last."""
    shares = [seen.filled.get(name, 1.0) for name in _looks_at(written)]
    if isinstance(written, Mapping) and "written" in written:
        return max(min(shares[:2]), *shares[2:]) if len(shares) > 2 else min(shares)
    return max(shares)


def draft_iapro(seen: Seen, *, slug: str, variable: str) -> str:
    """The text of a first agency.toml, to be edited by somebody who knows the records.

    variable  the environment variable that holds the database's address

    Lines marked `guess` hold until somebody changes them; lines that begin with `# decide` say nothing yet.
    Only words of coded columns are shown, and only where they look like neither names nor numbers.
    """
    types = _types(seen)
    datasets = [key for key in _known() if key not in LABELS and _has_rows(key, seen, set(types.values()))]
    lines = [
        f"# A first draft for {slug}, made by looking at IAPro with {seen.rows.get('INCIDENTS', 0):,} cases.",
        "#   guess:   holds as it stands here; correct it where it is wrong, then take the remark away",
        "#   decide:  says nothing yet; fill it in and take the mark in front of it away, or delete the line",
        f"# Then:  openbeat iapro pull {slug}   and   openbeat check {slug}",
        "",
        *(f"# decide: {line}  # {hint}" for line, hint in AGENCY),
        "",
        *_iapro(seen, types, variable),
    ]
    used = [used for dataset in datasets for used in _used(dataset, seen)]
    lines += _lists(used, seen)
    for dataset in datasets:
        lines += _dataset(dataset, seen)
    return "\n".join(lines) + "\n"


def _types(seen: Seen) -> dict[str, str]:
    """The site's types of cases whose dataset can be guessed."""
    known = _known()["types"]
    return {word: known[_plain(word)] for word in _type_words(seen) if _plain(word) in known}


def _type_words(seen: Seen) -> dict[str, int]:
    """The words for types of cases without the blanks around them, and how many cases have each."""
    return _single(seen.words.get("INCIDENTS.INCIDENT_TYPE", {}), None)


def _has_rows(dataset: str, seen: Seen, wanted: set[str]) -> bool:
    bare = {"workforce": "OFFICERS", "awards": "AWARDS", "training": "TRAINING"}
    return bool(seen.rows.get(bare[dataset])) if dataset in bare else dataset in wanted


def _iapro(seen: Seen, types: Mapping[str, str], variable: str) -> Iterator[str]:
    yield "[iapro]"
    yield f"database     = {_quoted(variable)}  # the environment variable that holds the address"
    yield 'releasable   = ["Completed"]  # guess: cases in any other state wait, and are counted'
    if seen.nobody:
        linked = ", ".join(f"{number}: {cases:,} cases" for number, cases in seen.nobody.items())
        yield f"placeholders = {json.dumps([*seen.nobody])}  # guess: no day of birth or hiring ({linked})"
    yield ""
    yield "[iapro.incident_types]"
    counted = _type_words(seen)
    for word, dataset in types.items():
        yield f"{_quoted(word)} = {_quoted(dataset)}  # guess, {counted[word]:,} cases"
    yield ""
    yield "[iapro.ignored_types]"
    for word in counted:
        if word not in types:
            yield f'# decide: {_quoted(word)} = "why no dataset has these {counted[word]:,} cases"'
    yield ""


def _dataset(dataset: str, seen: Seen) -> Iterator[str]:
    yield f"[datasets.{dataset}]"
    yield FREQUENCY
    yield ""
    for table, written in _known()[dataset].items():
        fields = {key: one for key, one in written.items() if _can_fill(one, seen)}
        fields |= _labelled(dataset, table, fields, seen)
        home = f"datasets.{dataset}.tables.{table}"
        needed = _needed(dataset, table)
        if not needed <= set(fields):
            lacking = ", ".join(sorted(needed - set(fields)))
            yield f"# [{home}]: this site has nothing for {lacking}"
            yield ""
            continue
        yield f"[{home}]"
        yield 'vault   = "iapro"'
        yield f"missing = {json.dumps(_missing(fields, seen))}"
        yield ""
        yield f"[{home}.fields]"
        width = max(map(len, fields))
        for key, one in fields.items():
            label = seen.labels.get(one) if isinstance(one, str) else None
            remark = f"  # guess: the site calls it {_quoted(label)}" if label else ""
            if (share := _share(one, seen)) < OFTEN:
                remark += f"{'; ' if remark else '  # '}says something in {share:.0%} of all rows"
            yield f"{key.ljust(width)} = {_toml(one)}{remark}"
        yield ""


def _needed(dataset: str, table: str) -> set[str]:
    shape = standards()[dataset].tables[table]
    required = {key for key, one in shape.fields.items() if one.required and one.default is None}
    return {*shape.primary, *required}


def _can_fill(written: str | Mapping[str, Any], seen: Seen) -> bool:
    """Whether the site has what the field is made of; of alternatives, one will do."""
    looks = _looks_at(written)
    there = [one in seen.columns or one.startswith("case.") or one.endswith("._NTH") for one in looks]
    return any(there) if isinstance(written, Mapping) and "from" in written else all(there)


def _looks_at(written: str | Mapping[str, Any]) -> list[str]:
    if isinstance(written, str):
        return [written]
    named = written.get("from") or written.get("together") or []
    return [named] if isinstance(named, str) else list(named)


def _labelled(dataset: str, table: str, taken: Mapping[str, Any], seen: Seen) -> dict[str, str]:
    """Fields that the site's own columns fill, by what it calls them."""
    shape = standards()[dataset].tables[table]
    reached = {one.partition(".")[0] for written in taken.values() for one in _looks_at(written)}
    found: dict[str, str] = {}
    for column, label in seen.labels.items():
        owner = column.partition(".")[0]
        for key in _known()["labels"].get(owner, {}).get(_plain(label), ()):
            own = owner == "INCIDENTS" or dataset == "workforce"
            if owner in reached and own and key in shape.fields and key not in taken and key not in found:
                found[key] = column
    return found


def _missing(fields: Mapping[str, Any], seen: Seen) -> list[str]:
    """Words for nothing that stand in the columns of the table."""
    met = {word for one in fields.values() for name in _looks_at(one) for word in seen.words.get(name, {})}
    return ["NULL", *(word for word in MISSING[1:] if word in met)]


def _used(dataset: str, seen: Seen) -> Iterator[tuple[Field, str | Mapping[str, Any]]]:
    for table, written in _known()[dataset].items():
        for key, one in written.items():
            spec = standards()[dataset].tables[table].fields[key]
            if spec.codes and _can_fill(one, seen):
                yield spec, one


def _lists(used: Sequence[tuple[Field, str | Mapping[str, Any]]], seen: Seen) -> Iterator[str]:
    """The site's words that nobody knows, by list of codes: said once for all datasets."""
    unknown: dict[str, dict[str, dict[str, int]]] = {}  # list -> column -> word -> rows
    for spec, written in used:
        assert spec.codes is not None
        split = written.get("split") if isinstance(written, Mapping) else None
        for name in _looks_at(written):
            words = _single(seen.words.get(name, {}), split)
            known = spec.codes.known_words
            new = {word: rows for word, rows in words.items() if word.casefold() not in known}
            unknown.setdefault(spec.codes.key, {})[name] = new
    yield "# What this site's words mean, wherever a field uses the list of codes. Columns hold words of all"
    yield "# types of cases, so that some belong to other datasets: openbeat check names what matters."
    yield ""
    for key, columns in sorted(unknown.items()):
        words = {word: rows for one in columns.values() for word, rows in one.items()}
        if not words:
            continue
        yield f"[codes.{key}]"
        known = code_lists()[key].known_words
        if not may_be_shown(words):
            yield f"# decide: {len(words):,} words are not shown here; openbeat check names those that matter"
        for word, rows in words.items() if may_be_shown(words) else ():
            close = get_close_matches(word.casefold(), list(known), n=1, cutoff=0.85)
            guess = known[close[0]] if close and not key.endswith(JUDGED) else "…"
            yield f"# decide: {_quoted(word)} = {_quoted(guess)}  # {rows:,} rows"
        yield ""


def _single(cells: Mapping[str, int], split: str | None) -> dict[str, int]:
    """The words in the cells of a column, without the blanks around them, and how often each stands there."""
    words: dict[str, int] = {}
    for cell, rows in cells.items():
        for word in (one.strip() for one in (cell.split(split) if split else [cell])):
            if word and word not in MISSING:
                words[word] = words.get(word, 0) + rows
    return words


def _toml(written: str | Mapping[str, Any]) -> str:
    if isinstance(written, str):
        return _quoted(written)
    inside = ", ".join(f"{key} = {_value(value)}" for key, value in written.items())
    return f"{{ {inside} }}"


def _value(value: str | Sequence[str]) -> str:
    return _quoted(value) if isinstance(value, str) else "[" + ", ".join(map(_quoted, value)) + "]"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _plain(word: str) -> str:
    return " ".join(word.casefold().split())

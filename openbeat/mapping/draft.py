"""A first agency.toml, guessed from its files: every guess says so, and what nobody can guess is asked."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from openbeat.errors import WrongSettings
from openbeat.mapping.columns import FEW, Column, columns_of, is_repeated_header, looks_private, may_be_shown
from openbeat.mapping.matching import (
    ENOUGH,
    Fit,
    Ignored,
    drifted,
    fits,
    flags_of,
    ignored_by_name,
    known_words,
    named_like,
    packed_by,
    split_words,
)
from openbeat.sources import Shape, fetch
from openbeat.standards import Standard, Table

AGENCY = [
    ('name      = "…"', "the agency's full name"),
    ('place     = "…"', "the city or county and the state: Dallas, Texas"),
    ('time_zone = "…"', "America/New_York, America/Chicago, America/Denver, America/Los_Angeles …"),
    ('licence   = "…"', "https://creativecommons.org/publicdomain/zero/1.0/ gives the data to everybody"),
    ('contact   = { name = "…", email = "…" }', "whom the public asks about the data"),
]
SHORT = 90  # characters: a longer list of codes is broken into lines


@dataclass(frozen=True, kw_only=True)
class _Looked:
    """What was found out about the files for one table."""

    table: Table
    rows: int
    columns: Sequence[Column]
    fits: Mapping[str, Fit]
    ignored: Sequence[Ignored]
    flags: Mapping[str, Mapping[str, str]]  # field -> column -> code
    left: Sequence[Column]

    @property
    def needed(self) -> list[str]:
        """The fields that every row must have."""
        every = self.table.fields.items()
        return [
            key for key, one in every if (one.required or key in self.table.primary) and one.default is None
        ]

    @property
    def worth(self) -> float:
        """How well the table suits the files."""
        return sum(fit.score for fit in self.fits.values()) - 0.5 * sum(
            key not in self.fits for key in self.needed
        )


def draft_agency(files: Sequence[Path], standard: Standard, *, table: str | None, slug: str) -> str:
    """The text of a first agency.toml for the files, to be edited by somebody who knows the records.

    table  a table of the standard; None: the one that suits the columns best

    Lines marked `guess` hold until somebody changes them. Lines that begin with `# decide` say nothing yet:
    until they are filled in, reading the settings or the records stops and names them. Only words of coded
    columns are shown, and only where they are few and look like neither names nor numbers.
    Raises UnreadableSource, WrongSettings.
    """
    if table is not None and table not in standard.tables:
        raise WrongSettings(
            f"there is no table {table!r}",
            where=standard.key,
            remedies=[f"use one of {', '.join(standard.tables)}"],
        )
    with tempfile.TemporaryDirectory() as folder:
        raw = fetch(files, Shape(), into=Path(folder) / "raw.parquet")
        columns = columns_of(raw)
    tables = [one for key, one in standard.tables.items() if table in (None, key)]
    looked = max((_look(one, columns, raw.rows_made) for one in tables), key=lambda one: one.worth)
    lines = [
        f"# A first draft for {slug}, made by looking at {len(files)} file{'s' * (len(files) > 1)}"
        f" with {raw.rows_made:,} rows. Go through every line.",
        "#   guess:   holds as it stands here; correct it where it is wrong, then take the remark away",
        "#   decide:  says nothing yet; fill it in and take the mark in front of it away, or delete the line",
        "# Then:  openbeat check " + slug,
        "",
        *(f"# decide: {line}  # {hint}" for line, hint in AGENCY),
        "",
        *_dataset(standard, looked, [path.name for path in files]),
    ]
    return "\n".join(lines) + "\n"


def _look(table: Table, columns: Sequence[Column], rows: int) -> _Looked:
    ignored: list[Ignored] = []
    for column in columns:
        named = ignored_by_name(column)
        if named and (named.private or column.counts):
            ignored.append(named)
        elif not column.counts:
            ignored.append(Ignored(column=column, reason="empty in these files", private=False))
    gone = {one.column.name for one in ignored}
    found = fits(table, drifted([one for one in columns if one.name not in gone]))
    used = {column.name for fit in found.values() for column in fit.columns}
    left = []
    for column in columns:
        if column.name in used | gone:
            continue
        if why := looks_private(column):
            ignored.append(Ignored(column=column, reason=why, private=True))
        else:
            left.append(column)
    flags = {
        key: columns_and_codes
        for key, field in table.fields.items()
        if field.type == "codes" and key not in found and (columns_and_codes := flags_of(field, left))
    }
    flagged = {name for pairs in flags.values() for name in pairs}
    left = [column for column in left if column.name not in flagged]
    return _Looked(
        table=table, rows=rows, columns=columns, fits=found, ignored=ignored, flags=flags, left=left
    )


def _dataset(standard: Standard, looked: _Looked, names: Sequence[str]) -> Iterator[str]:
    above = f"datasets.{standard.key}"
    table = f"{above}.tables.{looked.table.key}"
    yield from (f"[{above}]", 'frequency = "P1Y"  # guess: one release a year; P1M is one a month', "")
    yield f"[{table}]  # {looked.table.grain.en}"
    if len(standard.tables) > 1:
        others = ", ".join(key for key in standard.tables if key != looked.table.key)
        yield f"# guess: the columns suit this table best; there are also {others}"
    yield from _list("files", names)
    low, high = int(looked.rows * 0.8), max(int(looked.rows * 1.2), looked.rows + 10)
    yield f"rows  = {{ least = {low}, most = {high} }}  # guess: a fifth more or fewer would be a mistake"
    yield from _missing(looked)
    yield from _repeated(looked)
    yield from _packed(looked)
    yield from ("", f"[{table}.fields]")
    yield from _fields(looked)
    for key, fit in looked.fits.items():
        if fit.field.type in ("code", "codes", "boolean"):
            unpacked = _unpacked(looked).get(fit.columns[0].name)
            yield from _codes(f"{table}.codes.{key}", fit, fit.split or (unpacked[1] if unpacked else None))
    yield from ("", f"[{table}.ignored_columns]")
    width = max((len(_key(one.column.name)) for one in looked.ignored), default=0)
    for one in looked.ignored:
        yield f"{_key(one.column.name):<{width}} = {_text(one.reason)}  # guess: {_how(one)}"
    for column in looked.left:
        yield f'# decide: {_key(column.name)} = "why it is left out"  # or a field above; {_said(column)}'


def _how(one: Ignored) -> str:
    if not one.column.counts:
        return "no row has anything in it"
    return (
        "better left out than published; its name or its values look so"
        if one.private
        else "its name says so"
    )


def _missing(looked: _Looked) -> Iterator[str]:
    seen: dict[str, int] = {}
    for column in looked.columns:
        for word, rows in column.missing.items():
            seen[word] = seen.get(word, 0) + rows
    if not seen:
        return
    counted = ", ".join(f"{word} {rows:,} times" for word, rows in seen.items())
    races = [
        fit.columns
        for fit in looked.fits.values()
        if fit.field.codes
        and fit.field.codes.key == "race"
        and all(len(word) <= 2 for word in fit.columns[0].counts)
    ]
    if "NA" in seen and any("NA" in column.missing for columns in races for column in columns):
        yield f"# decide: missing = {json.dumps(list(seen))}  # {counted}; does NA stand for Native American?"
        return
    yield f"missing = {json.dumps(list(seen), ensure_ascii=False)}  # guess: {counted}: nothing was recorded"


def _unpacked(looked: _Looked) -> dict[str, tuple[str, str]]:
    """The columns whose cells hold several values that belong together: of whom, and what is between them."""
    found = {
        fit.columns[0].name: ("officers" if "officer" in key else "people", split)
        for key, fit in looked.fits.items()
        if fit.field.type in ("code", "boolean", "integer") and (split := packed_by(fit.columns[0]))
    }
    groups = list(found.values())
    return {name: group for name, group in found.items() if groups.count(group) > 1}


def _packed(looked: _Looked) -> Iterator[str]:
    found = _unpacked(looked)
    for whom, split in dict.fromkeys(found.values()):
        names = json.dumps(
            [name for name, group in found.items() if group == (whom, split)], ensure_ascii=False
        )
        shape = f"{{ unpack = {names}, unpack_by = {_text(split)} }}"
        yield f"# decide: shape = {shape}  # cells hold several {whom}: this makes a row of each"
    if len({whom for whom, _ in found.values()}) > 1:
        yield "#   only one of these: officers and people in one row do not belong to each other"


def _repeated(looked: _Looked) -> Iterator[str]:
    for column in looked.columns:
        words = [value for value in column.counts if is_repeated_header(column, value)]
        if words:
            rows = sum(column.counts[word] for word in words)
            rule = f'column = {_text(column.name)}, words = {json.dumps(words)}, reason = "a repeated header"'
            yield f"ignored_rows = [{{ {rule} }}]  # guess: {rows:,} rows hold the names of the columns"
            return


def _fields(looked: _Looked) -> Iterator[str]:
    width = max([len(key) for key in looked.fits] + [len(key) for key in looked.table.primary])
    for key, field in looked.table.fields.items():
        if fit := looked.fits.get(key):
            yield f"{key:<{width}} = {_mapping(fit)}  # guess: {_reason(fit, looked)}"
        elif flags := looked.flags.get(key):
            pairs = ", ".join(f"{_text(name)} = {_text(code)}" for name, code in flags.items())
            yield f"{key:<{width}} = {{ flags = {{ {pairs} }} }}  # guess: yes or no, named like the code"
        elif key in looked.needed:
            if field.type == "id" and key == looked.table.primary[0]:
                yield (
                    f"{key:<{width}} = {{ row = true }}"
                    "  # guess: no column numbers the rows; each gets a number made"
                    " of all that it says, so that copies of a row stay in"
                )
            elif field.codes:
                codes = ", ".join(field.codes.codes)
                yield f'# decide: {key} = {{ value = "…" }}  # the same for every row: {codes}'
            elif near := named_like(looked.table, field, looked.left):
                yield f"# decide: {key} = {_text(near[0])}  # required, but written in no usual way"
            else:
                yield f'# decide: {key} = "…"  # required, and no column looks like it: {field.about.en}'
    yield from _projected(looked)


def _projected(looked: _Looked) -> Iterator[str]:
    if "latitude" in looked.fits or "latitude" not in looked.table.fields:
        return
    plane = {column.name.casefold().removesuffix("coord"): column for column in looked.left}
    if (east := plane.get("x")) and (north := plane.get("y")):
        for key in ("latitude", "longitude"):
            written = f'{{ together = [{_text(east.name)}, {_text(north.name)}], written = "epsg:…" }}'
            yield f"# decide: {key} = {written}  # a state plane? Its metadata give the number"


def _mapping(fit: Fit) -> str:
    names = [column.name for column in fit.columns]
    source = _text(names[0]) if len(names) == 1 else json.dumps(names, ensure_ascii=False)
    parts = [f"from = {source}"]
    if fit.formats:
        forms = list(fit.formats)
        parts.append(f"format = {_text(forms[0]) if len(forms) == 1 else json.dumps(forms)}")
    for key in ("zone", "split", "written"):
        if value := getattr(fit, key):
            parts.append(f"{key} = {_text(value)}")
    return source if len(parts) == 1 and len(names) == 1 else f"{{ {', '.join(parts)} }}"


def _reason(fit: Fit, looked: _Looked) -> str:
    said = fit.why if fit.score >= ENOUGH else f"{fit.why}, with little certainty"
    if len(fit.columns) > 1:
        said += "; its name changed from file to file"
    if fit.zone:
        said += "; they say that they are in universal time"
    if fit.field.key == looked.table.primary[0] and len(looked.table.primary) == 1:
        column = fit.columns[0]
        again = sum(rows for rows in column.counts.values() if rows > 1)
        if again:
            said += f"; but {again / column.filled:.0%} of the rows share theirs with another row"
    return said


def _codes(where: str, fit: Fit, split: str | None) -> Iterator[str]:
    words: dict[str, int] = {}
    for column in fit.columns:
        for word, rows in split_words(column, split).items():
            words[word] = words.get(word, 0) + rows
    known = known_words(fit.field)
    if fit.field.codes is None and all(word.casefold() in known for word in words):
        return
    allowed = list(fit.field.codes.codes) if fit.field.codes else ["yes", "no"]
    yield from ("", f"[{where}]", *_wrapped("one of ", allowed))
    unknown = {word: rows for word, rows in words.items() if word.casefold() not in known}
    if not may_be_shown(unknown):
        rows = sum(unknown.values())
        yield f"# decide: {len(unknown):,} words have no meaning yet ({rows:,} rows). They are not shown:"
        yield f"#   they are more than {FEW}, or look like names or numbers. `openbeat check` lists them"
        unknown = {}
    width = max((len(_key(word)) for word in words if word.casefold() in known), default=0)
    for word, rows in sorted(words.items(), key=lambda one: (-one[1], one[0])):
        if word.casefold() in known:
            line = f"{_key(word):<{width}} = {_text(known[word.casefold()])}"
            yield f"{line}  # guess: {rows:,} rows"
    for word, rows in sorted(unknown.items(), key=lambda one: (-one[1], one[0])):
        near = get_close_matches(word.casefold(), list(known), n=1, cutoff=0.75)
        meaning, hint = (known[near[0]], "; looks alike") if near else ("…", "")
        yield f"# decide: {_key(word)} = {_text(meaning)}  ({rows:,} rows{hint})"


def _wrapped(start: str, words: Sequence[str]) -> Iterator[str]:
    line = f"# {start}"
    for number, word in enumerate(words):
        piece = word + (", " if number < len(words) - 1 else "")
        if len(line) + len(piece) > SHORT:
            yield line.rstrip()
            line = "#   "
        line += piece
    yield line


def _said(column: Column) -> str:
    """What can be told of a column without telling what stands in it."""
    count = len(column.counts)
    kind = "always the same" if count == 1 else f"{count:,} different values"
    return f"{column.filled:,} rows, {kind}"


def _list(key: str, names: Sequence[str]) -> Iterator[str]:
    if len(names) == 1:
        yield f"{key} = [{_text(names[0])}]"
        return
    yield f"{key} = ["
    yield from (f"    {_text(name)}," for name in names)
    yield "]"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

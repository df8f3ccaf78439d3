"""Raw rows to Mapped rows: every column and every word accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import reduce
from operator import and_

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from openbeat.agency import Agency, Dataset, FieldMapping, IgnoredRows, TableMapping
from openbeat.engine import ARROW_TYPES, Engine
from openbeat.errors import UnknownCodes, UnknownColumns, WrongSettings
from openbeat.mapping.odd import Odd
from openbeat.mapping.readings import WHOLE_NUMBER, Vocabulary, reading, vocabulary
from openbeat.stages import Account, Crossword, Mapped, Problem, Raw, StagedTable
from openbeat.standards import Field, Standard, Table

PLAIN = {"id", "text", "place", "free_text", "url"}
PART = "_part"  # counts the values that one cell was unpacked into; a column like any other
CODED = {"code", "codes", "boolean"}
FEW_WORDS = 40
EXACT_COPY = "exact copy of another row"


def translate(
    raws: Mapping[str, Raw], standard: Standard, dataset: Dataset, agency: Agency, engine: Engine
) -> Mapped:
    """The agency's rows in the standard's words, table by table.

    Raises  UnknownColumns, UnknownCodes: with everything that nobody has given a meaning yet
    """
    where = f"{agency.slug}/{dataset.key}"
    for name, raw in raws.items():
        _every_column_known(raw, dataset.tables[name], f"{where}.{name}")
        _every_need_met(standard.tables[name], dataset.tables[name], f"{where}.{name}")
    translated = {
        name: _Translation(raw, standard.tables[name], dataset.tables[name], agency, engine)
        for name, raw in raws.items()
    }
    _every_word_known(translated, where)
    return Mapped(standard=standard, tables={name: one.staged() for name, one in translated.items()})


def _every_column_known(raw: Raw, mapping: TableMapping, where: str) -> None:
    used = {column for field in mapping.fields.values() for column in field.looks_at}
    used |= {rows.column for rows in mapping.ignored_rows}
    present = {*raw.columns, PART}
    if unknown := [column for column in raw.columns if column not in used | set(mapping.ignored_columns)]:
        raise UnknownColumns(
            f"nobody has said what these columns are: {', '.join(repr(name[:60]) for name in unknown)}",
            where=where,
            remedies=[
                f'in agency.toml, under [datasets.….fields], add  field = "{unknown[0]}"',
                f'under [datasets.….ignored_columns], add  "{unknown[0]}" = "why it is left out"',
            ],
        )
    absent = [key for key, one in mapping.fields.items() if one.columns and not present & set(one.columns)]
    absent += [key for key, one in mapping.fields.items() if {*one.together, *one.flags} - present]
    absent += [rows.column for rows in mapping.ignored_rows if rows.column not in present]
    if absent:
        raise WrongSettings(
            f"the files have no such columns as are named for: {', '.join(absent)}",
            where=where,
            remedies=["spell the column as the file does", "take the field out of agency.toml"],
        )


def _every_need_met(table: Table, mapping: TableMapping, where: str) -> None:
    given = {*mapping.fields, *(key for key, field in table.fields.items() if field.default)}
    needed = {*table.primary, *(key for key, field in table.fields.items() if field.required)}
    if missing := sorted(needed - given):
        raise WrongSettings(
            f"nothing fills these fields, which every row needs: {', '.join(missing)}",
            where=where,
            remedies=[
                f'in agency.toml, under [datasets.….fields], add  {missing[0]} = "COLUMN"',
                "for a number that the agency does not have:  { row = true }",
            ],
        )


def _every_word_known(translated: Mapping[str, _Translation], where: str) -> None:
    unknown = [
        f"    {name}.{key}: {', '.join(f'{word!r} ({rows:,} rows)' for word, rows in words.most_common(40))}"
        for name, one in translated.items()
        for key, words in one.unknown.items()
    ]
    if unknown:
        name, one = next((n, t) for n, t in translated.items() if t.unknown)
        key, words = next(iter(one.unknown.items()))
        field, word = one.table.fields[key], next(iter(words))
        meanings = ", ".join(field.codes.codes) if field.codes else "yes, no"
        raise UnknownCodes(
            "nobody has said what these words mean:\n" + "\n".join(unknown),
            where=where,
            remedies=[
                f"in agency.toml, under [datasets.….tables.{name}.codes.{key}], add"
                f"  {word!r} = one of {meanings}",
                f'under [datasets.….tables.{name}.ignored_words.{key}], add  {word!r} = "why it is left out"',
            ],
        )


def _is_ignored(ignored: IgnoredRows, rows: ir.Table) -> ir.BooleanValue:
    return rows[ignored.column].fill_null("").strip().isin(list(ignored.words))


class _Translation:
    """One table on its way: its lookups, and what was met while they were made."""

    def __init__(self, raw: Raw, table: Table, mapping: TableMapping, agency: Agency, engine: Engine) -> None:
        self.raw, self.table, self.mapping, self.agency, self.engine = raw, table, mapping, agency, engine
        self.rows = engine.read(raw.parquet)
        self.unknown: dict[str, Counter[str]] = {}
        self.problems: list[Problem] = list(raw.problems)
        self.crosswords: list[Crossword] = []
        self.lookups = {
            key: self._lookup(table.fields[key], written)
            for key, written in mapping.fields.items()
            if not self._is_plain(table.fields[key], written)
        }

    def staged(self) -> StagedTable:
        """The table in the standard's words."""
        joined = self._joined()
        columns = self._columns(joined)
        staged = self.engine.stage(joined.select(**columns))
        if self._keys_meet_twice(staged):
            staged = self._without_copies(joined.select(**columns, content=self._content(joined)))
        refusals = self.engine.fetch(staged.group_by("refusal").agg(rows=staged.count())).to_pylist()
        refused = {one["refusal"]: one["rows"] for one in refusals if one["refusal"] is not None}
        left_out = sum(self.raw.refused.values()) + sum(self.raw.gated.values())
        return StagedTable(
            standard=self.table,
            rows=staged.filter(staged.refusal.isnull()).drop("refusal").mutate(**self._constants()),
            account=Account(
                read=self.raw.rows_read,
                unpacked=self.raw.rows_made - (self.raw.rows_read - left_out),
                refused={**self.raw.refused, **dict(sorted(refused.items()))},
                withheld=self.raw.gated,
            ),
            pending=self.raw.pending,
            files=self.raw.files,
            problems=tuple(self.problems),
            crosswords=tuple(self.crosswords),
            ignored_columns=self.mapping.ignored_columns,
            columns={key: one.looks_at for key, one in self.mapping.fields.items()}
            | {
                key: ()
                for key, one in self.table.fields.items()
                if one.default and key not in self.mapping.fields
            },
        )

    def _is_plain(self, field: Field, written: FieldMapping) -> bool:
        if written.value is not None or written.row:
            return True
        if written.flags or written.written == WHOLE_NUMBER:
            return False
        return field.type in PLAIN and field.key not in self.mapping.ignored_words

    def _cells(self, written: FieldMapping, rows: ir.Table) -> list[ir.StringValue]:
        """The words that make one value, nothing as an empty text."""
        present = [column for column in written.columns if column in self.raw.columns]
        if len(present) > 1:
            blank = ["", *self.mapping.missing]
            said = [
                rows[column].strip().isin(blank).ifelse(ibis.null("string"), rows[column])
                for column in present
            ]
            return [ibis.coalesce(*said, ibis.literal(""))]
        if present:
            return [rows[present[0]].fill_null("")]
        return [rows[column].cast("string").fill_null("") for column in (*written.together, *written.flags)]

    def _lookup(self, field: Field, written: FieldMapping) -> pa.Table:
        """What each distinct combination of words means in this field, counted on the way."""
        cells = self._cells(written, self.rows)
        named = {f"{field.key}__{number}": cell for number, cell in enumerate(cells)}
        kept = reduce(
            lambda rows, ignored: rows.filter(~_is_ignored(ignored, rows)),
            self.mapping.ignored_rows,
            self.rows,
        )
        counted = kept.select(**named).group_by(list(named)).agg(rows=lambda t: t.count())
        combinations = self.engine.fetch(counted)
        words = [combinations.column(name).to_pylist() for name in named]
        counts: list[int] = combinations.column("rows").to_pylist()
        read, missing = reading(field, written, self.mapping, self.agency.time_zone), self._missing(field)
        odd: Counter[str] = Counter()
        values = []
        for rows, *cells_of_row in zip(counts, *words, strict=True):
            value = read(
                [None if cell in missing or cell.strip() in missing else cell for cell in cells_of_row]
            )
            if isinstance(value, Odd):
                odd[value.kind] += rows
                value = None
            values.append(value)
        self.problems += [
            Problem(where=field.key, kind=kind, count=rows) for kind, rows in sorted(odd.items())
        ]
        if field.type in CODED and not written.flags:
            self._cross(field, vocabulary(field, written, self.mapping), words, counts, missing)
        else:
            self._count_ignored(field, words, counts)
        columns = {name: pa.array(cells, pa.string()) for name, cells in zip(named, words, strict=True)}
        columns[f"{field.key}__value"] = pa.array(values, ARROW_TYPES[field.stored_as])
        return pa.table(columns)

    def _cross(
        self, field: Field, known: Vocabulary, words: list[list[str]], counts: list[int], missing: set[str]
    ) -> None:
        seen: Counter[str] = Counter()
        for rows, *cells in zip(counts, *words, strict=True):
            for cell in cells:
                if cell not in missing and cell.strip() not in missing:
                    seen.update(dict.fromkeys(known.words(cell), rows))
        for word, rows in sorted(seen.items()):
            meaning = known.meaning(word)
            if meaning is None:
                self.unknown.setdefault(field.key, Counter())[word] += rows
                continue
            self.crosswords += [
                Crossword(field=field.key, word=word, meaning=code, rows=rows, reason=known.ignored.get(word))
                for code in meaning or (None,)
            ]

    def _missing(self, field: Field) -> set[str]:
        """The words that say nothing in this field; of a coded one, the vocabulary knows those it ignores."""
        if field.type in CODED:
            return set(self.mapping.missing)
        return {*self.mapping.missing, *self.mapping.ignored_words.get(field.key, {})}

    def _count_ignored(self, field: Field, words: list[list[str]], counts: list[int]) -> None:
        for word, why in self.mapping.ignored_words.get(field.key, {}).items():
            rows = sum(n for n, *cells in zip(counts, *words, strict=True) if word in map(str.strip, cells))
            self.crosswords.append(Crossword(field=field.key, word=word, meaning=None, rows=rows, reason=why))

    def _joined(self) -> ir.Table:
        joined = self.rows
        if any(written.row for written in self.mapping.fields.values()):
            joined = joined.mutate(row__id=self._row_id())
        for key, words in self.lookups.items():
            if self._column_of_few_words(key):
                continue
            lookup = self.engine.lookup(words)
            cells = self._cells(self.mapping.fields[key], joined)
            same = [cell == lookup[f"{key}__{number}"] for number, cell in enumerate(cells)]
            joined = joined.left_join(lookup, same)
        return joined

    def _content(self, rows: ir.Table) -> ir.StringValue:
        """Stands for everything that the agency wrote in a row."""
        texts = [rows[column].fill_null("") for column in self.raw.columns]
        return reduce(lambda left, right: left + "\x1f" + right, texts).hexdigest("sha256")

    def _row_id(self) -> ir.StringValue:
        """Stands for a row by what it says, and counts equal rows: its place in the file does not matter."""
        content = self._content(self.rows)
        nth = ibis.row_number().over(group_by=content, order_by=[self.rows["_file"], self.rows["_row"]])
        return content + "-" + nth.cast("string")

    def _columns(self, joined: ir.Table) -> dict[str, ir.Value]:
        columns: dict[str, ir.Value] = {
            key: self._value(key, written, joined)
            for key, written in self.mapping.fields.items()
            if written.value is None
        }
        refusal = ibis.cases(
            *(
                (_is_ignored(ignored, joined), f"ignored: {ignored.reason}")
                for ignored in self.mapping.ignored_rows
            ),
            *(
                (columns[key].isnull(), f"{key} is missing or cannot be read")
                for key in columns
                if key in self.table.fields and self.table.fields[key].required
            ),
            (ibis.literal(False), ""),
            else_=ibis.null("string"),
        )
        return {
            **columns,
            "refusal": refusal,
            "_file": joined["_file"],
            "_row": joined["_row"],
            "_part": joined["_part"],
        }

    def _constants(self) -> dict[str, ir.Value]:
        """Fields that say the same in every row, nothing included: they cost no room."""
        made = {}
        for key, field in self.table.fields.items():
            written = self.mapping.fields.get(key)
            text = field.default if written is None else written.value
            if written is None or text is not None:
                kind = field.stored_as
                made[key] = ibis.null(kind) if text is None else ibis.literal(text).cast(kind)
        return made

    def _value(self, key: str, written: FieldMapping, joined: ir.Table) -> ir.Value:
        if column := self._column_of_few_words(key):
            return self._by_cases(key, joined[column])
        if key in self.lookups:
            return joined[f"{key}__value"]
        if written.row:
            return joined["row__id"]
        names = [column for column in written.columns if column in self.raw.columns] or written.together
        said = [self._said(joined[name].cast("string")) for name in names]
        if written.columns:
            return said[0] if len(said) == 1 else ibis.coalesce(*said)
        # The parts of a number keep their places, so that an absent one cannot make two numbers the same.
        whole = reduce(lambda left, right: left + " " + right, [one.fill_null("") for one in said])
        whole = whole if self.table.fields[key].type == "id" else whole.re_replace(" {2,}", " ").strip()
        return reduce(and_, [one.isnull() for one in said]).ifelse(ibis.null("string"), whole)

    def _column_of_few_words(self, key: str) -> str | None:
        """The one column that a field is read from, if it holds so few words that cases beat a join."""
        present = [column for column in self.mapping.fields[key].columns if column in self.raw.columns]
        few = key in self.lookups and self.lookups[key].num_rows <= FEW_WORDS
        return present[0] if few and len(present) == 1 else None

    def _by_cases(self, key: str, cell: ir.StringValue) -> ir.Value:
        kind = self.table.fields[key].stored_as
        words, values = (column.to_pylist() for column in self.lookups[key].columns)
        cases = [
            (cell.isnull() if word == "" else cell == word, ibis.literal(value, type=kind))
            for word, value in zip(words, values, strict=True)
            if value is not None
        ]
        return ibis.cases(*cases, else_=ibis.null(kind)) if cases else ibis.null(kind)

    def _said(self, cell: ir.StringValue) -> ir.StringValue:
        """What a cell says; nothing where it is blank. Trimmed first: engines trim each word once."""
        trimmed = cell.strip().nullif("")
        if not self.mapping.missing:
            return trimmed
        return trimmed.isin(list(self.mapping.missing)).ifelse(ibis.null("string"), trimmed)

    def _keys_meet_twice(self, staged: ir.Table) -> bool:
        key = [column for column in self.table.primary if column in staged.columns]
        counted = staged.group_by(key).agg(rows=staged.count())
        return bool(self.engine.fetch(counted.filter(counted.rows > 1).limit(1)).num_rows)

    def _without_copies(self, rows: ir.Table) -> ir.Table:
        """Marks the second and later of rows in which the agency wrote exactly the same, in every column."""
        nth = ibis.row_number().over(group_by=["content", "_part"], order_by=["_file", "_row"])
        numbered = rows.mutate(nth=nth)
        copied = numbered.refusal.isnull() & (numbered.nth > 0)
        marked = numbered.mutate(refusal=copied.ifelse(EXACT_COPY, numbered.refusal))
        return self.engine.stage(marked.drop("nth", "content"))

"""Every expression that a room uses says the same on DuckDB and on Spark, cell by cell."""

from __future__ import annotations

import string
from collections.abc import Callable
from datetime import date
from functools import reduce
from operator import and_

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from agreeing import agree, cells

from openbeat.checks.identifiers import PATTERNS
from openbeat.engine import Engine, holds, violates
from openbeat.protect.precision import PRECISIONS
from openbeat.release.changes import changes_between
from openbeat.standards.conditions import parse_condition

Columns = Callable[[ir.Table], dict[str, ir.Value]]

STOPS = pa.table(
    {
        "n": pa.array(range(12), pa.int64()),
        "word": [
            *("Black", " White\t", None, "", "O'Brien\\n", "\u00a0Ñandú ", "black", "N/A", "\n", "日本🚓"),
            *('say "no"', "a|b\x1fc"),
        ],
        "other": ["W", None, None, "", "x", "", "w", "N/A", " ", "B", "%_", "\\"],
        "place": [
            *("100 Main St", "0 block Elm", None, "", "12 W Oak Ave", "1200 block of 5th", "Main & Elm"),
            *("DOB 01/02/1990", "plate ABC 1234", "case 2021-123456", "call 555-123-4567", "123-45-6789"),
        ],
        "minute": [
            "00:05",
            "23:59",
            None,
            "12:00",
            "07:30",
            "",
            "7:30",
            "00:00",
            "10:10",
            "é:30",
            "1",
            "99:99",
        ],
        "day": [
            *(date(2020, 2, 29), date(1969, 12, 31), None, date(1900, 1, 1), date(2024, 12, 31)),
            *(date(9999, 12, 31), date(1582, 10, 14), date(2020, 2, 29), None, date(2021, 7, 4)),
            *(date(2021, 7, 4), date(1, 1, 1)),
        ],
        "age": pa.array([17, 18, None, 0, 64, 65, 120, -1, 24, 25, 44, 45], pa.int64()),
        "latitude": [
            35.0844,
            -35.0845,
            None,
            0.0005,
            41.99951,
            -0.0005,
            89.9999,
            1e-9,
            2.5,
            -2.5,
            0.1,
            -106.6504,
        ],
        "searched": [True, False, None, True, None, False, True, None, False, True, None, False],
        "found": [True, True, None, None, True, None, False, False, False, True, None, True],
        "race": [
            "black",
            "white",
            None,
            "black",
            "asian",
            None,
            "white",
            "black",
            "black",
            None,
            "white",
            "asian",
        ],
        "_file": pa.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1], pa.int32()),
        "_row": pa.array([9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 11, 10], pa.int64()),
        "_part": pa.array([1] * 12, pa.int16()),
    }
)
MEANINGS = pa.table(
    {
        "race__0": ["Black", " White\t", "", "O'Brien\\n", "\u00a0Ñandú ", "日本🚓", "a|b\x1fc"],
        "race__value": ["black", "white", None, "white", None, "asian", "asian"],
        "flag__value": [True, False, None, None, True, False, True],
        "day__value": [
            date(2020, 1, 1),
            None,
            date(2021, 1, 1),
            None,
            date(1970, 1, 1),
            None,
            date(2000, 2, 29),
        ],
    }
)
CONDITIONS = (
    "searched = true",
    "searched = false and found = true",
    "not (searched = true or found = true)",
    "race in ('black', 'white')",
    "not race in ('black', 'white')",
    "day is null or age >= 18",
    "day is not null and age != 65",
    "minute < '12:00'",
    "latitude <= 0.0005",
    "has_code(race, 'black')",
)


def joined_words(rows: ir.Table, meanings: ir.Table) -> ir.Table:
    cell = ibis.coalesce(rows["word"], rows["other"], ibis.literal(""))
    joined = rows.left_join(meanings, [cell == meanings["race__0"]])
    return joined.select("n", "race__value", "flag__value", "day__value", raw=cell.nullif(""))


def row_ids(rows: ir.Table) -> ir.Table:
    texts = [rows[column].fill_null("") for column in ("other", "place")]
    content = reduce(lambda left, right: left + "\x1f" + right, texts).hexdigest("sha256")
    return rows.select("n", id=content)


def numbered(rows: ir.Table) -> ir.Table:
    nth = ibis.row_number().over(group_by=rows["race"], order_by=[rows["_file"], rows["_row"]])
    by_day = ibis.row_number().over(group_by=["searched"], order_by=["day", "n"])
    return rows.select("n", id=rows["n"].cast("string") + "-" + nth.cast("string"), nth=nth, by_day=by_day)


def plain_text(rows: ir.Table) -> ir.Table:
    texts = [rows[column].fill_null("").strip() for column in ("word", "other")]
    missing = reduce(and_, [text.isin(["", "N/A", 'say "no"', "\\", "O'Brien\\n"]) for text in texts])
    whole = reduce(lambda left, right: left + "   " + right, texts).re_replace(" {2,}", " ").strip()
    text = missing.ifelse(ibis.null("string"), whole)
    return rows.select("n", text=text, nothing=ibis.null("date"), given=ibis.literal("7").cast("int64"))


def refused(rows: ir.Table) -> ir.Table:
    why = ibis.cases(
        (rows["word"].strip().isin(["Black", "White"]), 'ignored: it\'s "so" \\ 100 %'),
        (rows["day"].isnull(), "day is missing or cannot be read"),
        (ibis.literal(False), ""),
        else_=ibis.null("string"),
    )
    marked = rows.select("n", refusal=why)
    return marked.group_by("refusal").agg(rows=marked.count())


def reduced(rows: ir.Table) -> ir.Table:
    cases = {"minors": rows["age"] < 18, "searched": rows["searched"]}
    marks = [case.fill_null(False).ifelse(f"{key}|", "") for key, case in cases.items()]
    together = reduce(lambda left, right: left + right, marks)
    mark = (together.length() > 0).ifelse(together.substr(0, together.length() - 1), ibis.null("string"))
    called = (ibis.literal("|") + mark + "|").contains("|searched|").fill_null(False)
    day = cases["minors"].fill_null(False).ifelse(ibis.null("date"), rows["day"])
    return rows.select("n", mark=mark, called=called, day=day, length=rows["word"].length())


def rates(rows: ir.Table) -> ir.Table:
    among = rows.filter(holds(parse_condition("day is not null"), rows)).mutate(year__=rows["day"].year())
    count = holds(parse_condition("searched = true"), among).fill_null(False).cast("int64").sum()
    return among.group_by(["year__", "race"]).agg(among=among.count(), count=count)


def counted_at_once(rows: ir.Table) -> ir.Table:
    return rows.aggregate(
        rows=rows.count(),
        present=rows["race"].count(),
        marked=rows["word"].contains("|").fill_null(False).sum(),
        none=(rows["n"] > 99).sum(),
        races=rows["race"].nunique(),
        packed=(rows["word"].contains("|") | rows["word"].contains("\n")).fill_null(False).sum(),
        first=rows["day"].min(),
        last=rows["day"].max(),
        few=rows["n"].sum(where=rows["age"] < 18),
        late=(rows["day"].day() != 1).fill_null(False).cast("int64").sum(),
        broken=violates(
            parse_condition("searched = false"), parse_condition("found is null"), rows
        ).cast("int64").sum(),
    )  # fmt: skip


def months(rows: ir.Table) -> ir.Table:
    dated = rows.filter(rows["day"].notnull()).select(year=rows["day"].year(), month=rows["day"].month())
    return dated.group_by(["year", "month"]).agg(rows=dated.count())


def repeated(rows: ir.Table) -> ir.Table:
    groups = rows.group_by(["race", "searched"]).agg(alike=lambda same: same.count())
    return groups.filter(groups["alike"] > 1)


def different(rows: ir.Table) -> ir.Table:
    return rows.select("race", "searched").distinct()


def different_words(rows: ir.Table) -> ir.Table:
    return rows.select("race").filter(rows["race"].notnull()).distinct()


def nothing_counted(rows: ir.Table) -> ir.Table:
    none = rows.filter(rows["n"] > 99)
    return none.aggregate(rows=none.count(), last=none["day"].max(), searched=none["searched"].count())


@pytest.mark.parametrize(
    "say",
    [
        row_ids,
        numbered,
        plain_text,
        refused,
        reduced,
        rates,
        counted_at_once,
        months,
        repeated,
        different,
        different_words,
        nothing_counted,
    ],
    ids=lambda say: say.__name__,
)
def test_what_the_rooms_ask_is_answered_the_same(
    say: Callable[[ir.Table], ir.Table], duck: Engine, spark: Engine
) -> None:
    assert agree(duck, spark, [STOPS], say).num_rows > 0


def test_words_find_their_meaning_the_same_and_what_has_none_finds_nothing(
    duck: Engine, spark: Engine
) -> None:
    found = agree(duck, spark, [STOPS, MEANINGS], joined_words).sort_by("n").to_pylist()
    assert [one["race__value"] for one in found[:3]] == ["black", "white", None]
    assert [one["raw"] for one in found[1:4]] == [" White\t", None, None]


def test_only_white_space_is_stripped_and_no_letter_that_names_it(duck: Engine, spark: Engine) -> None:
    # An escape that an engine does not know, \\v or \\f, is a letter to it.
    words = ["v", "f", "verify of", "a", "b", "n", "r", "t", "x", "0", "\\v", "\x0bin\x0c", "\t\r\n \x07out"]
    rows = pa.table({"word": words})
    found = agree(
        duck,
        spark,
        [rows],
        lambda rows: rows.select("word", alike=rows["word"] == "\x07", bare=rows["word"].strip()),
    )
    assert {one["word"]: one["bare"] for one in found.to_pylist()} == {
        word: word.strip(string.whitespace) for word in words
    }


def test_rows_that_point_nowhere_are_the_same(duck: Engine, spark: Engine) -> None:
    def lost(rows: ir.Table, meanings: ir.Table) -> ir.Table:
        parents = meanings.select(word=meanings["race__0"])
        return rows.filter(rows["word"].notnull()).select("word").anti_join(parents, "word")

    assert "N/A" in agree(duck, spark, [STOPS, MEANINGS], lost).column("word").to_pylist()


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_is_yes_no_or_nothing_for_the_same_rows(
    condition: str, duck: Engine, spark: Engine
) -> None:
    one = parse_condition(condition)
    found = agree(duck, spark, [STOPS], lambda rows: rows.select("n", yes=holds(one, rows)))
    assert {True, False} <= {*found.column("yes").to_pylist()}
    agree(duck, spark, [STOPS], lambda rows: rows.filter(holds(one, rows)).select("n"))


@pytest.mark.parametrize(
    ("publish", "column"),
    [
        *(("month", "day"), ("year", "day"), ("day", "day"), ("none", "day"), ("hour", "minute")),
        *(("age range", "age"), ("exact", "age"), ("none", "age")),
        *(("2 decimals", "latitude"), ("3 decimals", "latitude"), ("none", "latitude")),
    ],
)
def test_a_value_is_coarsened_the_same(publish: str, column: str, duck: Engine, spark: Engine) -> None:
    found = agree(
        duck, spark, [STOPS], lambda rows: rows.select("n", value=PRECISIONS[publish](rows[column]))
    )
    assert found.column("value").null_count >= 1


@pytest.mark.parametrize("pattern", [one.what.en for patterns in PATTERNS.values() for one in patterns])
def test_a_pattern_of_personal_data_is_found_in_the_same_rows(
    pattern: str, duck: Engine, spark: Engine
) -> None:
    [one] = [one for patterns in PATTERNS.values() for one in patterns if one.what.en == pattern]

    def hits(rows: ir.Table) -> ir.Table:
        found = rows["place"].re_search(one.sign)
        return rows.select("n", hit=found & ~rows["place"].re_search(one.but_not) if one.but_not else found)

    agree(duck, spark, [STOPS], hits)


def test_the_changes_between_two_releases_are_the_same(duck: Engine, spark: Engine) -> None:
    columns = ["n", "word", "day", "age", "latitude", "searched"]
    before = STOPS.select(columns).slice(0, 9)
    after = pa.concat_tables([STOPS.select(columns).slice(2, 4), STOPS.select(columns).slice(8)])
    after = after.set_column(3, "age", pa.array([None, 0, 64, None, 24, 26, 44, 45], pa.int64()))

    def changes(engine: Engine) -> list[object]:
        found = changes_between(
            {"stops": engine.lookup(before)}, {"stops": engine.lookup(after)}, {"stops": ["n"]}, engine
        )
        assert found.rows is not None
        return [found.added, found.changed, found.withdrawn, found.rows.to_pylist()]

    assert changes(duck) == changes(spark)
    assert changes(duck)[:3] == [3, 1, 4]


def test_batches_come_in_one_total_order_with_nothing_last(duck: Engine, spark: Engine) -> None:
    order = ["race", "searched", "word", "latitude", "day", "n"]
    ways = [
        [row for batch in engine.batches(engine.lookup(STOPS), order) for row in batch.to_pylist()]
        for engine in (duck, spark)
    ]
    assert ways[0] == ways[1]
    assert [row["race"] for row in ways[1]] == ["asian"] * 2 + ["black"] * 4 + ["white"] * 3 + [None] * 3


def test_many_rows_written_by_many_tasks_come_in_order_and_in_pieces(spark: Engine) -> None:
    many = 400_000
    numbers = spark.lookup(pa.table({"n": pa.array(((i * 7919) % many for i in range(many)), pa.int64())}))
    staged = spark.stage(numbers.filter(numbers["n"] % 2 == 0))
    batches = list(spark.batches(staged, ["n"]))
    assert len(batches) > 1
    assert pa.Table.from_batches(batches).column("n").to_pylist() == list(range(0, many, 2))


def test_what_is_staged_is_computed_once_and_keeps_its_types(duck: Engine, spark: Engine) -> None:
    def staged(engine: Engine) -> pa.Table:
        rows = engine.lookup(STOPS)
        return engine.fetch(engine.stage(rows.mutate(year=rows["day"].year(), gone=ibis.null("boolean"))))

    assert staged(spark).schema == staged(duck).schema
    assert cells(staged(spark)) == cells(staged(duck))


def test_no_rows_are_staged_as_no_rows(spark: Engine) -> None:
    rows = spark.lookup(STOPS)
    staged = spark.stage(rows.filter(rows["n"] > 99))
    assert spark.fetch(staged).num_rows == 0
    assert spark.fetch(staged).schema == STOPS.schema
    assert [row for batch in spark.batches(staged, ["n"]) for row in batch.to_pylist()] == []

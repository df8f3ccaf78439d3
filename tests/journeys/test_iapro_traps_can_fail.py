"""With what handles a trap taken away, the test of that trap fails: so each of them tests something."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import test_iapro_traps as traps
import test_iapro_traps_of_words as words
from iapro_town import COMPLAINT, FORCE, Towns

from openbeat.agency import Agency, TableMapping, load_agency, settings
from openbeat.checks import values
from openbeat.errors import OpenBeatError
from openbeat.mapping import readings
from openbeat.protect import keys
from openbeat.sources import held
from openbeat.sources.iapro import Gate, Viewed, clean, gate, pages
from openbeat.sources.iapro.exports import shape
from openbeat.vault import Held

# Modules whose package has a function of the same name.
views = import_module("openbeat.sources.iapro.views")
translate = import_module("openbeat.mapping.translate")
published = import_module("openbeat.sources.iapro.exports.published")

pytestmark = pytest.mark.slow

Trap = Callable[[Towns], None]
Taken = Callable[[pytest.MonkeyPatch], None]


def joins_multiply(patch: pytest.MonkeyPatch) -> None:
    """People are joined to force by their incident, as one query for a flat file does it."""
    several = {
        ("use_of_force", name): replace(
            views.views()["use_of_force", name],
            joined=(*views.views()["use_of_force", name].joined, "ASSOC_INC_CIT"),
        )
        for name in ("force", "actions")
    }
    _joined_on(patch, {**views.views(), **several}, {"ASSOC_INC_CIT": "INCNUM"})


def actions_join_allegations(patch: pytest.MonkeyPatch) -> None:
    """Actions are joined to every allegation of the same officer in the case."""
    one = views.views()["complaints", "actions"]
    crossed = replace(one, joined=(*one.joined, "ALLEGATIONS"))
    _joined_on(patch, {**views.views(), ("complaints", "actions"): crossed}, {"ALLEGATIONS": "AIO_NUM"})


def _joined_on(patch: pytest.MonkeyPatch, made: Mapping[Any, Any], columns: Mapping[str, str]) -> None:
    plain = views._joined

    def joined(rows: pa.Table, order: list[str], name: str, other: pa.Table) -> pa.Table:
        if name not in columns:
            return plain(rows, order, name, other)
        ours = next(
            f"{one}.{columns[name]}" for one in order if f"{one}.{columns[name]}" in rows.column_names
        )
        theirs = other.append_column("#key", other.column(f"{name}.{columns[name]}"))
        return rows.join(theirs, ours, "#key", join_type="left outer")

    patch.setattr(views, "views", lambda: made)
    patch.setattr(views, "_joined", joined)


def only(keep: Callable[[pa.Table], pa.Table]) -> Taken:
    """The rows of a view are filtered, as somebody's query does it."""

    def taken(patch: pytest.MonkeyPatch) -> None:
        def view(rows: Any, dataset: str, table: str, wanted: Any, over: Gate) -> Viewed:
            found: Viewed = views.view(rows, dataset, table, wanted, over)
            return replace(found, rows=(kept := keep(found.rows)), read=kept.num_rows + _left_out(found))

        patch.setattr(held, "view", view)

    return taken


def _left_out(found: Viewed) -> int:
    return sum(found.refused.values()) + sum(found.gated.values())


def _complainants(rows: pa.Table) -> pa.Table:
    return rows.filter(pc.equal(rows.column("ASSOC_INC_CIT.LINK_TYPE"), "Complainant"))


def _first_of_case(rows: pa.Table) -> pa.Table:
    seen: set[str] = set()
    cases = rows.column("INCIDENTS.INCNUM").to_pylist()
    return rows.filter(pa.array([case not in seen and not seen.add(case) for case in cases]))  # type: ignore[func-returns-value]


def years_by_the_calendar(patch: pytest.MonkeyPatch) -> None:
    """An age is one year less another, as SQL Server's datediff(yy, …) gives it."""

    def years_since(field: Any, formats: Any, cells: readings.Cells) -> Any:
        until, since, *said = cells
        if until and since:
            return int(until[:4]) - int(since[:4])
        return int(said[0]) if said and said[0] else None

    patch.setattr(readings, "_years_since", years_since)


def words_inside_words(patch: pytest.MonkeyPatch) -> None:
    """A word means what a known word in it means."""
    plain = readings.Vocabulary.meaning

    def meaning(self: readings.Vocabulary, word: str) -> tuple[str, ...] | None:
        return ("sustained",) if "sustained" in word.casefold() else plain(self, word)

    patch.setattr(readings.Vocabulary, "meaning", meaning)


def _link_types(dataset: str, table: str, where: str) -> Trap:
    return lambda towns: traps.test_link_types_drop_nobody(towns, dataset, table, where)


def set_to(place: object, name: str, value: object) -> Taken:
    """A function or a constant is another one."""
    return lambda patch: patch.setattr(place, name, value)


def last_name_wins(patch: pytest.MonkeyPatch) -> None:
    """Of two lines for the same field the last one counts."""

    def loads(text: str) -> dict[str, Any]:
        kept: dict[tuple[str, str], str] = {}
        heading = ""
        for number, line in enumerate(text.splitlines()):
            heading = line if line.startswith("[") else heading
            name = re.match(r"([\w]+|\"[^\"]+\")\s*=", line)
            kept[heading, name[1] if name else str(number)] = line
        return tomllib.loads("\n".join(kept.values()))

    patch.setattr(settings, "tomllib", SimpleNamespace(loads=loads, TOMLDecodeError=tomllib.TOMLDecodeError))


def old_rows_stay(patch: pytest.MonkeyPatch) -> None:
    """Rows are put beside those held, by a key with what they say in it; nothing is ever gone."""
    plain = pages._fit

    def fit(table: Any, rows: pa.Table, read: int, astray: int, within: Any) -> pages.Rows:
        found = plain(table, rows, read, astray, within)
        key = found.held.key + (("UOF_FORCE_TYPE",) if table.name == "USES_OF_FORCE" else ())
        said = found.held
        return replace(found, held=Held(rows=said.rows, key=key, event=said.event, known=said.known))

    patch.setattr(pages, "_fit", fit)


def agency_where(change: Callable[[TableMapping], TableMapping]) -> Taken:
    """Every table's mapping is another one."""

    def load(path: Path) -> Agency:
        agency = load_agency(path)
        datasets = {
            key: replace(one, tables={name: change(table) for name, table in one.tables.items()})
            for key, one in agency.datasets.items()
        }
        return replace(agency, datasets=datasets)

    return lambda patch: patch.setattr("iapro_town.load_agency", load)


def without(*listed: str) -> Taken:
    """Nobody has listed these words."""

    def change(table: TableMapping) -> TableMapping:
        def kept(lists: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
            return {
                field: {word: said for word, said in one.items() if word not in listed}
                for field, one in lists.items()
            }

        return replace(table, codes=kept(table.codes), ignored_words=kept(table.ignored_words))

    return agency_where(change)


def cut_words_unknown(patch: pytest.MonkeyPatch) -> None:
    """Words are known only as they are spelled out."""
    plain = translate.vocabulary

    def vocabulary(*given: Any) -> readings.Vocabulary:
        found: readings.Vocabulary = plain(*given)
        cut = ("asian/pacifi", "american ind", "not specifie")
        return replace(found, known={word: code for word, code in found.known.items() if word not in cut})

    patch.setattr(translate, "vocabulary", vocabulary)


def columns_by_place(patch: pytest.MonkeyPatch) -> None:
    """Columns are taken by their place, as they stood in an earlier year."""
    plain = published.kind_of
    order: list[shape.Place] = []

    def kind_of(columns: Iterable[str], known: shape.Shape, where: str) -> shape.Kind:
        found: shape.Kind = plain(columns, known, where)
        order.extend([] if order else [found.places[name.casefold()] for name in columns])
        return replace(found, places=dict(zip(map(str.casefold, columns), order, strict=True)))

    patch.setattr(published, "kind_of", kind_of)


def blanks_stay(patch: pytest.MonkeyPatch) -> None:
    """Blanks at the end of a word belong to it, as they do where numbers are hashed as they stand."""
    patch.setattr(translate._Translation, "_said", lambda self, cell: cell)
    patch.setattr(keys, "canonical", lambda text: text)


def empty_is_no(patch: pytest.MonkeyPatch) -> None:
    """What says nothing says no."""
    plain = readings._boolean
    patch.setattr(readings, "_boolean", lambda words, cells: plain(words, cells) or False)


def nothing(*given: Any, **more: Any) -> None:
    return None


CASES = {
    "joined by the incident": (traps.test_fan_out, joins_multiply),
    "joined by the officer in the case": (
        traps.test_action_and_allegation_make_no_cross_product,
        actions_join_allegations,
    ),
    "complainants only, in uses of force": (
        _link_types("use_of_force", "subjects", FORCE),
        only(_complainants),
    ),
    "complainants only, in complaints": (
        _link_types("complaints", "complainants", COMPLAINT),
        only(_complainants),
    ),
    "years by the calendar": (traps.test_age_is_completed_years, years_by_the_calendar),
    "words inside words": (traps.test_sustained_is_not_found_inside_not_sustained, words_inside_words),
    "unknown words pass": (
        traps.test_typo_in_the_mapping_stops_the_run_and_is_named,
        set_to(translate, "_every_word_known", nothing),
    ),
    "unknown words pass, shifted": (
        traps.test_word_outside_the_list_of_codes_stops_the_run,
        set_to(translate, "_every_word_known", nothing),
    ),
    "the last of two names wins": (
        lambda towns: traps.test_same_name_for_two_columns_is_refused(towns.folder),
        last_name_wins,
    ),
    "one finding for a case": (traps.test_each_allegation_has_a_finding_of_its_own, only(_first_of_case)),
    "forms in the chain are like others": (
        traps.test_unfinished_forms_wait_and_are_counted,
        set_to(gate, "UNFINISHED", ()),
    ),
    "no gate": (
        traps.test_unfinished_forms_wait_and_are_counted,
        set_to(views, "released", lambda rows, over: (rows, {})),
    ),
    "rows are only added, force": (traps.test_corrected_code_leaves_no_stale_row, old_rows_stay),
    "rows are only added, allegations": (traps.test_deleted_allegation_is_gone, old_rows_stay),
    "NULL is a word": (
        words.test_null_text_and_empty_text_are_missing,
        agency_where(lambda table: replace(table, missing=())),
    ),
    "nothing is no": (words.test_blank_is_not_false, empty_is_no),
    "times keep their date": (
        words.test_times_lose_their_junk_date,
        set_to(clean, "_time", lambda column: column),
    ),
    "1900 is a year": (words.test_zero_like_blanks_are_missing, set_to(clean, "ZERO", "0001-01-01")),
    "0 is an age": (words.test_zero_like_blanks_are_missing, set_to(clean, "AGE", "ASSOC_INC_CIT.NONE")),
    "stubs are not counted": (
        words.test_empty_stubs_are_counted_as_waiting,
        set_to(views, "pending", lambda cases, over: {}),
    ),
    "weekdays are not compared": (
        words.test_day_that_disagrees_is_reported_and_the_date_holds,
        set_to(clean, "_weekdays", lambda rows: []),
    ),
    "no rule on the order of dates": (
        words.test_occurred_after_received_is_flagged_and_stays,
        set_to(values, "rules_of", lambda staged, of_dates: iter(())),
    ),
    "types keep their blanks": (
        words.test_padded_file_numbers_and_types_are_trimmed,
        set_to(gate, "plain", lambda word: word),
    ),
    "file numbers keep their blanks": (words.test_padded_file_numbers_and_types_are_trimmed, blanks_stay),
    "placeholders are officers": (
        words.test_placeholder_officers_are_nobody,
        set_to(views, "_without_placeholders", lambda rows, over, problems: rows),
    ),
    "no rule on careers": (
        words.test_impossible_people_are_found_and_their_ages_left_out,
        set_to(values, "rules_of", lambda staged, of_dates: iter(())),
    ),
    "any age will do": (
        words.test_impossible_people_are_found_and_their_ages_left_out,
        years_by_the_calendar,
    ),
    "spellings are not listed": (words.test_spellings_are_one_code, without("femaale", "BLACE")),
    "cut words are not listed": (
        words.test_words_cut_at_the_width_of_their_column_keep_their_meaning,
        cut_words_unknown,
    ),
    "strays are not listed": (
        words.test_stray_words_are_left_out_with_a_reason_and_double_spaces_are_one_word,
        without("s", "011618", "Sustained"),
    ),
    "double spaces are not listed": (
        words.test_stray_words_are_left_out_with_a_reason_and_double_spaces_are_one_word,
        without(
            "NSA  - Letter of Reprimand", "NSA  - Oral Reprimand", "NSA  - Training", "NSA  - Suspension"
        ),
    ),
    "columns by their place": (
        lambda towns: words.test_names_cut_to_ten_signs_are_known_whatever_their_order(towns.folder),
        columns_by_place,
    ),
}


def test_every_trap_is_among_them() -> None:
    own = {name for name in {**vars(traps), **vars(words)} if name.startswith("test_")}
    taken = {name for test, _ in CASES.values() for name in (*test.__code__.co_names, test.__name__)}
    assert own <= taken


@pytest.mark.parametrize("name", CASES)
def test_fails_with_this_taken_away(name: str, towns: Towns, monkeypatch: pytest.MonkeyPatch) -> None:
    trap, take_away = CASES[name]
    take_away(monkeypatch)
    with pytest.raises((AssertionError, OpenBeatError, pytest.fail.Exception)):
        trap(towns)

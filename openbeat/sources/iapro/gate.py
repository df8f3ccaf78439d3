"""Which cases belong to a dataset, and which may be released: forms in the chain and open cases wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from openbeat.errors import UnknownCodes
from openbeat.standards import code_lists

UNFINISHED = ("initial entry", "in chain")  # FIELD_STATUS of forms that BlueTeam has not let go of


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Which cases belong to a dataset, and which of them may be released."""

    dataset: str
    types: Mapping[str, str] = field(default_factory=dict)  # the agency's word -> dataset
    ignored: Mapping[str, str] = field(default_factory=dict)  # the agency's word -> why no dataset has it
    releasable: tuple[str, ...] = ("Completed",)
    placeholders: tuple[str, ...] = ()  # OFFNUM of entries that are no person


def know_every_type(cases: pa.Table, gate: Gate) -> None:
    """Every type of case has a dataset or a reason to have none.

    Raises UnknownCodes, with how many cases each unknown word has.
    """
    said = {plain(word) for word in (*gate.types, *gate.ignored)}
    counts = pc.value_counts(cases.column("INCIDENT_TYPE")).to_pylist()
    unknown = {
        one["values"].strip(): one["counts"]
        for one in counts
        if one["values"] and plain(one["values"]) not in said | {"", "null"}
    }
    if unknown:
        listed = ", ".join(f"{word!r} ({count:,} cases)" for word, count in sorted(unknown.items()))
        word = min(unknown)
        raise UnknownCodes(
            f"nobody has said to which dataset these types of cases belong: {listed}",
            where="agency.toml, iapro.incident_types",
            remedies=[
                f'under [iapro.incident_types], add  "{word}" = "use_of_force"  (or another dataset)',
                f'under [iapro.ignored_types], add  "{word}" = "why no dataset has them"',
            ],
        )


def without_type(cases: pa.Table) -> int:
    """How many cases do not say of which type they are: opened, with no detail yet."""
    return sum(plain(word or "") in ("", "null") for word in cases.column("INCIDENT_TYPE").to_pylist())


def _states(status: pa.ChunkedArray, forms: pa.ChunkedArray, gate: Gate) -> list[str | None]:
    """The state of the review of each case that must wait; None for a case that may be released."""
    known = code_lists()["review_status"].known_words
    free = {plain(one) for one in gate.releasable}
    states: list[str | None] = []
    for form, said in zip(forms.to_pylist(), status.to_pylist(), strict=True):
        word = plain(said or "")
        if form and plain(form) in UNFINISHED:
            states.append("in_chain")
        elif word in free:
            states.append(None)
        else:
            states.append("unknown" if word in ("", "null") else known.get(word, "other"))
    return states


def released(rows: pa.Table, gate: Gate) -> tuple[pa.Table, dict[str, int]]:
    """The rows whose case may be released, and how many others wait, by reason."""
    states = pa.array(
        _states(rows.column("INCIDENTS.STATUS"), rows.column("INCIDENTS.FIELD_STATUS"), gate), pa.string()
    )
    titles = code_lists()["review_status"].codes
    gated = {
        f"case not yet releasable: {titles[one['values']].title.en.lower()}": one["counts"]
        for one in pc.value_counts(states.drop_null()).to_pylist()
    }
    return rows.filter(pc.is_null(states)), dict(sorted(gated.items()))


def pending(cases: pa.Table, gate: Gate) -> dict[str, int]:
    """How many of the dataset's cases wait, by the state of their review: "in the pipe"."""
    cases = cases.filter(belong(cases.column("INCIDENT_TYPE"), gate))
    states = _states(cases.column("STATUS"), cases.column("FIELD_STATUS"), gate)
    return {state: states.count(state) for state in sorted({one for one in states if one})}


def belong(types: pa.ChunkedArray, gate: Gate) -> pa.ChunkedArray:
    """Whether each type of case is one of the dataset's."""
    words = {plain(word) for word, dataset in gate.types.items() if dataset == gate.dataset}
    spelled = [one for one in pc.unique(types).to_pylist() if one and plain(one) in words]
    return pc.is_in(types, pa.array(spelled, pa.string()))


def plain(word: str) -> str:
    """A word as it counts: the site's blanks and capitals are left out."""
    return " ".join(word.casefold().split())

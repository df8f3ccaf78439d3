"""Runs the checks of a phase, and says what stands in the way of publishing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from openbeat.checks.check import PHASES, Check, Subject
from openbeat.errors import Blocked
from openbeat.registry import collect
from openbeat.stages import Finding, StagedTable


def checks() -> Mapping[str, Check]:
    """Every check, by its id."""
    return collect("openbeat.checks", Check)


def run_checks(subject: Subject, phase: str) -> tuple[Finding, ...]:
    """What the checks of a phase find, with the agency's reasons beside what it accepts.

    phase  "mapped", "protected" or "record"; the subject holds what exists by then
    """
    assert phase in PHASES, f"{phase!r} is none of {PHASES}"
    due = [check for check in checks().values() if phase in check.phases]
    stage = {"mapped": subject.mapped, "protected": subject.protected}.get(phase)
    tables = stage.tables if stage else {}
    counted = {name: _counted(staged, due, subject) for name, staged in tables.items()}
    ready = replace(subject, tables=tables, counted=counted)
    return tuple(
        replace(found, accepted=_reason(found, subject.dataset.accept))
        for check in due
        for found in check.find(ready)
        if found.count
    )


def blocked(findings: Sequence[Finding], *, where: str = "openbeat") -> Blocked | None:
    """The error that says why nothing may be published, or None where nothing stands in the way."""
    blocking = [found for found in findings if found.blocks]
    if not blocking:
        return None
    known = checks()
    lines = "".join(f"\n    {found.check}  {found.says.en}" for found in blocking)
    steps = [
        f"{found.check}: {known[found.check].remedy.en}"
        for found in {found.check: found for found in blocking}.values()
    ]
    settings = ", ".join(f'"{key_of(found)}" = "why"' for found in blocking)
    stand = "finding stands" if len(blocking) == 1 else "findings stand"
    return Blocked(
        f"{len(blocking)} {stand} in the way of publishing:{lines}",
        where=where,
        remedies=[
            *steps,
            f"or give a reason that the public reads: in agency.toml, accept = {{ {settings} }}",
        ],
    )


def key_of(found: Finding) -> str:
    """What a finding is called in `accept`: its check, then its table and field if it has them."""
    place = ".".join(part for part in (found.table, found.field) if part)
    return f"{found.check}:{place}" if place else found.check


def _reason(found: Finding, accept: Mapping[str, str]) -> str | None:
    """The agency's reason: for this field, else for the table, else for the check as a whole."""
    names = (key_of(found), f"{found.check}:{found.table}", found.check)
    return next((accept[name] for name in names if name in accept), None)


def _counted(staged: StagedTable, due: Sequence[Check], subject: Subject) -> Mapping[str, Any]:
    """All the numbers that the checks need of one table, in one pass over its rows."""
    rows = staged.rows
    wanted = {"rows": rows.count()}
    wanted |= {f"present__{name}": rows[name].count() for name in rows.columns if not name.startswith("_")}
    for check in due:
        wanted |= check.counts(staged)
    answer: dict[str, Any] = subject.engine.fetch(rows.aggregate(**wanted)).to_pylist()[0]
    return answer

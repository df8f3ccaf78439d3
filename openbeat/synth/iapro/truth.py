"""What an extraction must find, counted in the history itself and never in the tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from openbeat.synth.department import Department, at, state
from openbeat.synth.iapro.happened import happened
from openbeat.synth.iapro.traps import ALL, known_moment, known_traps

Case: TypeAlias = tuple[
    str, str
]  # type of the incident ("" for none), and how far: chain, open, completed, stub


@dataclass(frozen=True, kw_only=True)
class Truth:
    """Counts of a department at one moment, most of them by type and state of the incident.

    officers_linked, citizens_linked   officers and people in incidents, whatever their part
    force_reports                      officers in incidents with at least one use of force
    force_rows                         uses of force
    sustained                          allegations whose finding is the word "Sustained" and nothing else
    findings                           allegations by (type, state, family); "" where there is none yet
    actions                            actions taken by (type, state, whether they name an allegation)
    officers, placeholders             entries of the roster that are people, and that are not
    """

    incidents: Mapping[Case, int]
    officers_linked: Mapping[Case, int]
    citizens_linked: Mapping[Case, int]
    force_reports: Mapping[Case, int]
    force_rows: Mapping[Case, int]
    allegations: Mapping[Case, int]
    sustained: Mapping[Case, int]
    findings: Mapping[tuple[str, str, str], int]
    actions: Mapping[tuple[str, str, bool], int]
    officers: int
    placeholders: int
    awards: int
    trainings: int


def truth_at(
    department: Department, moment: datetime | None = None, *, traps: Collection[str] = ALL
) -> Truth:
    """The counts at that moment (without one: at the end) of what `tables_at` shows with the same traps."""
    seen, moment = happened(department, known_traps(traps)), known_moment(department, moment)
    names = ("incidents", "officers_linked", "citizens_linked", "force_reports", "force_rows", "allegations")
    counts: dict[str, Counter[Case]] = {name: Counter() for name in (*names, "sustained")}
    findings: Counter[tuple[str, str, str]] = Counter()
    actions: Counter[tuple[str, str, bool]] = Counter()
    for incident in seen.incidents:
        stage = state(incident, moment)
        if stage is None:
            continue
        case = (incident.kind, stage)
        counts["incidents"][case] += 1
        counts["officers_linked"][case] += len(incident.officers)
        counts["citizens_linked"][case] += sum(link.since <= moment for link in incident.citizens)
        for involved in incident.officers:
            counts["force_reports"][case] += bool(involved.force)
            counts["force_rows"][case] += len(involved.force)
            for one in involved.allegations:
                if one.created > moment or (one.deleted and one.deleted <= moment):
                    continue
                found = at(one.finding, moment)
                counts["allegations"][case] += 1
                counts["sustained"][case] += bool(found and found.word == "Sustained")
                findings[*case, found.family if found else ""] += 1
            for action in involved.actions:
                actions[*case, action.allegation is not None] += at(action.told, moment) is not None
    people = [one for one in seen.officers if one.hired and one.hired <= moment.date()]
    return Truth(
        **{name: +count for name, count in counts.items()},
        findings=+findings,
        actions=+actions,
        officers=len(people),
        placeholders=sum(one.placeholder for one in seen.officers),
        awards=sum(one.entered <= moment for one in seen.awards),
        trainings=sum(one.day < moment.date() for one in seen.trainings),
    )

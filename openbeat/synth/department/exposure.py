"""Who does how much risky work in which month, and from it what happens to whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from openbeat.synth.department.model import Officer

# How often something happens to an officer of the unit, beside one on patrol.
UNITS = {
    "Patrol": 1.0,
    "Task Force": 1.8,
    "Traffic": 0.6,
    "Special Operations": 1.3,
    "Investigations": 0.3,
    "Narcotics": 1.1,
    "Public Integrity": 0.05,
    "Academy": 0.0,
    "Records & Identification / Support Services": 0.02,
}
SHIFTS = {"Day Watch": 0.75, "Evening Watch": 1.25, "Night Watch": 1.1}
RANKS = {
    "Police Recruit": 0.0,
    "Police Officer": 1.0,
    "Detective": 0.8,
    "Sergeant": 0.45,
    "Lieutenant": 0.12,
    "Captain": 0.05,
    "Civilian": 0.0,
}
ARRESTS = 2.2  # in a month, of an officer on patrol
# Incidents of one kind for each of one officer's years, where all kinds together are 1.6.
KINDS: Mapping[str, float] = {
    "Use of force": 0.62,
    "Show of force": 0.20,
    "Citizen complaint": 0.30,
    "Rank Initiated": 0.16,
    "Firearm discharge": 0.012,
    "Vehicle pursuit": 0.07,
    "Assault on officer": 0.10,
    "Vehicle accident": 0.12,
    "MISC": 0.018,
}


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """Months by officers: `work` is the risk that the work itself brings, `arrests` were made.

    work, arrests   (officers, months)
    firsts          (months,) the first day of each month
    """

    work: NDArray[np.float64]
    arrests: NDArray[np.int64]
    firsts: Sequence[date]


def months_between(since: date, until: date) -> list[date]:
    """The first days of every month from `since` to `until`."""
    first, last = since.year * 12 + since.month - 1, until.year * 12 + until.month - 1
    return [date(month // 12, month % 12 + 1, 1) for month in range(first, last + 1)]


def exposure(rng: np.random.Generator, officers: Sequence[Officer], since: date, until: date) -> Exposure:
    """What each officer was exposed to in each month of the history."""
    firsts = months_between(since, until)
    starts = np.array([day.toordinal() for day in firsts])
    work = np.zeros((len(officers), len(firsts)))
    for row, officer in enumerate(officers):
        if officer.hired is None:
            continue
        ends = [*(posting.since.toordinal() for posting in officer.postings)]
        ends.append(officer.left.toordinal() - 31 if officer.left else until.toordinal() + 1)
        for posting, (begin, end) in zip(officer.postings, pairwise(ends), strict=True):
            there = (starts >= begin) & (starts < end)
            risky = UNITS[posting.unit] * SHIFTS[posting.shift] * RANKS[posting.title]
            served = (starts[there] - officer.hired.toordinal()) / 365.25
            work[row, there] = risky * (0.4 + 1.1 * np.exp(-served / 8))
    season = 1 + 0.14 * np.cos((np.array([day.month for day in firsts]) - 7.5) / 12 * 2 * np.pi)
    work *= season
    active = rng.gamma(4, 1 / 4, size=(len(officers), 1))
    return Exposure(work=work, arrests=rng.poisson(ARRESTS * active * work), firsts=firsts)


def happenings(
    rng: np.random.Generator, officers: Sequence[Officer], seen: Exposure, kind: str, expected: float
) -> list[tuple[int, int]]:
    """(officer's place on the roster, month) of each incident of this kind, `expected` of them on average.

    Force comes with arrests; complaints with contacts; both with the officer's own risk, so that counts of
    officers spread like a negative binomial. Crashes come with the hours on the road only.
    """
    risk = np.array([officer.risk for officer in officers])[:, None]
    if kind in ("Use of force", "Show of force", "Firearm discharge"):
        weight = risk * (seen.arrests + 0.3 * seen.work)
    elif kind in ("Citizen complaint", "Rank Initiated"):
        weight = risk**0.8 * (seen.work + 0.12 * (seen.work > 0))
    elif kind == "Vehicle accident":
        weight = seen.work + 0.2 * (seen.work > 0)
    else:
        weight = np.sqrt(risk) * seen.work
    counts = rng.poisson(weight * (expected / max(weight.sum(), 1e-9)))
    rows, months = np.nonzero(counts)
    times = counts[rows, months]
    return list(zip(np.repeat(rows, times).tolist(), np.repeat(months, times).tolist(), strict=True))

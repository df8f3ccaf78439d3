"""The list of traps, each of which can be switched on by its name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, time

from openbeat.errors import OpenBeatError
from openbeat.synth.department import Department
from openbeat.synth.iapro.happened import OTHERS, SIMPLER
from openbeat.synth.iapro.packed import CSV_TRAPS
from openbeat.synth.iapro.written import WRITTEN


def _sentences(functions: Mapping[str, Callable[..., object]]) -> dict[str, str]:
    return {name: inspect.getdoc(function) or "" for name, function in functions.items()}


TRAPS: Mapping[str, str] = {**_sentences(SIMPLER), **OTHERS, **_sentences(WRITTEN), **CSV_TRAPS}
ALL: frozenset[str] = frozenset(TRAPS)


def known_traps(traps: Collection[str]) -> frozenset[str]:
    """The traps, if all of them are on the list. Raises OpenBeatError otherwise."""
    if unknown := sorted(set(traps) - ALL):
        raise OpenBeatError(
            f"there are no such traps: {', '.join(unknown)}",
            where="openbeat.synth.iapro",
            remedies=[f"choose from {', '.join(sorted(ALL))}"],
        )
    return frozenset(traps)


def known_moment(department: Department, moment: datetime | None) -> datetime:
    """The moment, but never later than the history's last minute, which stands for none."""
    last = datetime.combine(department.until, time(23, 59))
    return min(moment, last) if moment else last

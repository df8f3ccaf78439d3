"""The interval of a share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from openbeat.errors import NotEnoughData
from openbeat.standards import Words
from openbeat.stats.statistic import Statistic


class Share(NamedTuple):
    """A share and its interval, each between 0 and 1."""

    share: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def wilson(count: ArrayLike, among: ArrayLike, *, confidence: float = 0.95) -> Share:
    """The share that `count` is of `among`, with Wilson's score interval.

    count       (G,) whole numbers from 0 to among
    among       (G,) whole numbers above 0
    confidence  between 0 and 1

    Returns     share, low, high: each (G,), no unit
    Raises      NotEnoughData where among is 0: there is nothing to take a share of
    Source      E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209-212
    Caution     the interval is for chance alone; it knows nothing of how events came to be recorded
    """
    x, n = np.asarray(count, float), np.asarray(among, float)
    if (n <= 0).any() or (x > n).any() or (x < 0).any():
        raise NotEnoughData(
            "a share needs at least one event, and no more counted than there are",
            where="wilson",
            remedies=["leave empty groups out", "count over a longer period"],
        )
    z = ndtri((1 + confidence) / 2)
    middle = (x + z**2 / 2) / (n + z**2)
    spread = z / (n + z**2) * np.sqrt(x * (n - x) / n + z**2 / 4)
    low, high = np.where(x == 0, 0.0, middle - spread), np.where(x == n, 1.0, middle + spread)
    return Share(x / n, low, high)


statistic = Statistic(
    key="wilson",
    title=Words(en="A share with its interval", es="Una proporción con su intervalo"),
    caution=Words(
        en="The interval is for chance alone; it says nothing of how events came to be recorded.",
        es="El intervalo refleja solo el azar; no dice nada de cómo llegaron a registrarse los hechos.",
    ),
    compute=wilson,
)

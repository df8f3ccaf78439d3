"""Statistics: pure functions, each with a source, an interval and a caution."""

from openbeat.stats.statistic import Statistic, statistics
from openbeat.stats.tabulate import DIMENSIONS, rate_tables

__all__ = ["DIMENSIONS", "Statistic", "rate_tables", "statistics"]

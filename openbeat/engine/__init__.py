"""Where expressions run: DuckDB inside the process by default, Spark on a cluster, one interface for both."""

from openbeat.engine.conditions import holds, violates
from openbeat.engine.interface import Engine, open_engine

__all__ = ["Engine", "holds", "open_engine", "violates"]

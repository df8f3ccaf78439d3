"""Where expressions run: DuckDB inside the process by default, Spark on a cluster, one interface for both."""

from openbeat.engine.conditions import holds, violates
from openbeat.engine.interface import ARROW_TYPES, Engine, open_engine

__all__ = ["ARROW_TYPES", "Engine", "holds", "open_engine", "violates"]

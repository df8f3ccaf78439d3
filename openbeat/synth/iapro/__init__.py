"""A synthetic department as an IAPro-shaped database, with every known trap, and the other ways out of it."""

from openbeat.synth.iapro.databases import write_postgres, write_sqlite
from openbeat.synth.iapro.packed import write_packed_csv
from openbeat.synth.iapro.schema import SCHEMA, shapes
from openbeat.synth.iapro.sheets import write_sheets
from openbeat.synth.iapro.tables import tables_at, tile
from openbeat.synth.iapro.traps import TRAPS
from openbeat.synth.iapro.truth import Truth, truth_at

__all__ = [
    "SCHEMA", "TRAPS", "Truth", "shapes", "tables_at", "tile", "truth_at", "write_packed_csv",
    "write_postgres", "write_sheets", "write_sqlite",
]  # fmt: skip

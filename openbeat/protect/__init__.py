"""Makes rows fit to leave the agency and accounts for all it took. The only room that makes `Protected`."""

from openbeat.protect.cells import suppress
from openbeat.protect.derived import hide_small_cells
from openbeat.protect.keys import SecretKey, read_key
from openbeat.protect.rows import protect, reduced_detail_about

__all__ = [
    "SecretKey",
    "hide_small_cells",
    "protect",
    "read_key",
    "reduced_detail_about",
    "suppress",
]

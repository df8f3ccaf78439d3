"""Keys for what an export gives no key."""

from __future__ import annotations

import json
from hashlib import blake2b

from openbeat.sources.iapro.catalogue import catalogue

# The tables that an export can fill, parents first, and what names a row of each, as in the live database.
TABLES = (
    "INCIDENTS",
    "OFFICERS",
    "CITIZENS",
    "ASSOC_INC_OFF",
    "ASSOC_INC_CIT",
    "USES_OF_FORCE",
    "ALLEGATIONS",
    "ACTIONS_TAKEN",
)
KEYS = {table: catalogue()[table].key for table in TABLES}
# What a row carries besides.
LINKS = {
    "ASSOC_INC_OFF": ("INCNUM", "OFFNUM"),
    "ASSOC_INC_CIT": ("LINK_TYPE",),
    "USES_OF_FORCE": ("INCNUM",),
    "ALLEGATIONS": ("INCNUM", "AIO_NUM"),
    "ACTIONS_TAKEN": ("INCNUM", "AIO_NUM", "ALGNUM"),
}


def made(table: str, *parts: str | None) -> str:
    """A key made of what tells rows of the table apart: "made-" and 24 hexadecimal digits.

    IAPro's own keys are whole numbers, so that the two never meet. It is not a pseudonym: whoever knows the
    parts can make it again. It stays in the vault; what is published is keyed by protection.
    """
    text = json.dumps([table, *parts], ensure_ascii=False)
    return f"made-{blake2b(text.encode(), digest_size=12).hexdigest()}"

"""Exported tables into the vault, beside those that IAPro itself brings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from openbeat.sources.iapro.catalogue import NUMBER, catalogue
from openbeat.sources.iapro.views import EXPORTS
from openbeat.vault import Counts, Held, Vault

CASES, STATUS = "INCIDENTS", "STATUS"


def take_in(vault: Vault, tables: Mapping[str, pa.Table], *, at: datetime) -> Mapping[str, Counts]:
    """What became of the rows of each table (see `Exported.tables`), in one commit.

    Of a case that an earlier export brought, the newer one says everything: what it no longer has is gone.
    at  the agency's local time
    """
    cases = tables.get(CASES)
    numbers = frozenset(cases.column(NUMBER).to_pylist()) if cases is not None else frozenset()
    held = {
        EXPORTS + name: Held(
            rows=rows,
            key=catalogue()[name].key,
            event=catalogue()[name].event,
            known=catalogue()[name].known,
            within=(NUMBER, numbers) if NUMBER in rows.column_names else None,
        )
        for name, rows in tables.items()
    }
    counts = vault.append(held, at=vault.no_earlier(at))
    return {name.removeprefix(EXPORTS): count for name, count in counts.items()}


def with_status(tables: Mapping[str, pa.Table], status: str | None) -> Mapping[str, pa.Table]:
    """The tables, with this STATUS for every case of which the files say none; without one, as they are."""
    if status is None or CASES not in tables:
        return tables
    cases = tables[CASES]
    if STATUS not in cases.column_names:
        filled = cases.append_column(STATUS, pa.repeat(pa.scalar(status), cases.num_rows))
    else:
        said = pc.fill_null(cases.column(STATUS), status)
        filled = cases.set_column(cases.column_names.index(STATUS), STATUS, said)
    return {**tables, CASES: filled}


def without_status(tables: Mapping[str, pa.Table]) -> int:
    """How many cases have no STATUS."""
    if (cases := tables.get(CASES)) is None:
        return 0
    return int(cases.column(STATUS).null_count if STATUS in cases.column_names else cases.num_rows)

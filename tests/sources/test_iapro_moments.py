"""A copy of the database in SQLite may hold anything where a moment should stand."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pytest
from iapro_servers import NIGHT, Vaults, ask, change, sqlite_url

FIRST = "INCNUM = (SELECT min(INCNUM) FROM INCIDENTS)"


@pytest.mark.parametrize("said", ["20190504", "2019-W18-6", "2019-02-30 00:00:00", "2019-05-04T12:00:00Z"])
def test_a_moment_that_the_vault_cannot_read_is_kept_as_text_and_does_not_stop_the_run(
    iapro: Path, vaults: Vaults, said: str
) -> None:
    assert change(iapro, f"UPDATE INCIDENTS SET CREATED_DT = ? WHERE {FIRST}", said) == 1
    vaults.fill(sqlite_url(iapro))
    held = vaults.rows()["iapro.INCIDENTS"]
    [[number]] = ask(iapro, "SELECT min(INCNUM) FROM INCIDENTS")
    [row] = held.filter(pc.equal(held["INCNUM"], str(number))).to_pylist()
    assert row["CREATED_DT"] == said
    assert row["_known"] == NIGHT  # as for a case that says nothing of when it was entered

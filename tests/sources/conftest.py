"""What the tests of IAPro's extraction share."""

from __future__ import annotations

from iapro_servers import department, iapro, vaults, written
from postgres_server import postgres

__all__ = ["department", "iapro", "postgres", "vaults", "written"]

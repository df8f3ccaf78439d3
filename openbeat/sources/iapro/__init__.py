"""IAPro, the internal affairs system of most agencies: its tables read, and nothing else done to it."""

from openbeat.sources.iapro.connection import open_source
from openbeat.sources.iapro.gate import Gate
from openbeat.sources.iapro.grants import grant_script
from openbeat.sources.iapro.probe import Probed, probe
from openbeat.sources.iapro.pull import Pulled, pull
from openbeat.sources.iapro.site import Site, expected_site, read_site
from openbeat.sources.iapro.state import heartbeat
from openbeat.sources.iapro.statements import every_statement
from openbeat.sources.iapro.views import EXPORTS, Viewed, rows_of, view, views

__all__ = [
    "EXPORTS",
    "Gate",
    "Probed",
    "Pulled",
    "Site",
    "Viewed",
    "every_statement",
    "expected_site",
    "grant_script",
    "heartbeat",
    "open_source",
    "probe",
    "pull",
    "read_site",
    "rows_of",
    "view",
    "views",
]

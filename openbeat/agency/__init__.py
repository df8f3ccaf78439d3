"""What an agency says about itself and its records: agency.toml, read strictly."""

from openbeat.agency.model import (
    EPOCH,
    Agency,
    Contact,
    Dataset,
    FieldMapping,
    Iapro,
    IgnoredRows,
    Policy,
    Precision,
    SeriesBreak,
    TableMapping,
)
from openbeat.agency.settings import load_agency

__all__ = [
    "EPOCH",
    "Agency",
    "Contact",
    "Dataset",
    "FieldMapping",
    "Iapro",
    "IgnoredRows",
    "Policy",
    "Precision",
    "SeriesBreak",
    "TableMapping",
    "load_agency",
]

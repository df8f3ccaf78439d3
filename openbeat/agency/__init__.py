"""What an agency says about itself and its records: agency.toml, read strictly."""

from openbeat.agency.model import (
    Agency,
    Contact,
    Dataset,
    FieldMapping,
    IgnoredRows,
    Policy,
    Precision,
    SeriesBreak,
    TableMapping,
)
from openbeat.agency.settings import load_agency

__all__ = [
    "Agency",
    "Contact",
    "Dataset",
    "FieldMapping",
    "IgnoredRows",
    "Policy",
    "Precision",
    "SeriesBreak",
    "TableMapping",
    "load_agency",
]

"""What a dataset is: fields, code lists, keys, privacy classes, rules and rates, each type one TOML file."""

from openbeat.standards.conditions import Condition, parse_condition
from openbeat.standards.loader import code_lists, standards
from openbeat.standards.model import (
    PRIVACY_CLASSES,
    Code,
    CodeList,
    Field,
    Rate,
    Rule,
    SensitiveCase,
    Standard,
    Table,
)
from openbeat.standards.words import LANGUAGES, Words, words_of

__all__ = [
    "LANGUAGES",
    "PRIVACY_CLASSES",
    "Code",
    "CodeList",
    "Condition",
    "Field",
    "Rate",
    "Rule",
    "SensitiveCase",
    "Standard",
    "Table",
    "Words",
    "code_lists",
    "parse_condition",
    "standards",
    "words_of",
]

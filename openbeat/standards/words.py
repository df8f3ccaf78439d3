"""Words for people, in each language that openbeat speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LANGUAGES = ("en", "es")


@dataclass(frozen=True, kw_only=True)
class Words:
    """The same thing said in English and in Spanish."""

    en: str
    es: str

    def __getitem__(self, language: str) -> str:
        return {"en": self.en, "es": self.es}[language]

    def as_dict(self) -> dict[str, str]:
        """`{"en": …, "es": …}`, as manifests carry it."""
        return {"en": self.en, "es": self.es}

    def filled(self, **values: object) -> Words:
        """The same sentence with its `{places}` filled in, in each language."""
        return Words(en=self.en.format(**values), es=self.es.format(**values))


def words_of(table: Mapping[str, str]) -> Words:
    """The words that a manifest or TOML table `{en = …, es = …}` holds."""
    return Words(en=table["en"], es=table["es"])

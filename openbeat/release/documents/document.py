"""What a document of a release is: files made from nothing but the body of its manifest."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from openbeat.registry import collect


@dataclass(frozen=True, kw_only=True)
class DocumentContext:
    """A release that is being written about, and where the public will find it."""

    body: Mapping[str, Any]
    agency: str
    dataset: str
    version: int
    site: str  # absolute, without a slash at the end

    def address(self, name: str) -> str:
        """Where the file of this version called `name` is served, for good."""
        return f"{self.site}/files/{self.agency}/{self.dataset}/{self.version}/{name}"

    @property
    def landing_page(self) -> str:
        """The page of the dataset, whichever version is the newest."""
        return f"{self.site}/en/d/{self.agency}/{self.dataset}"

    def version_page(self, language: str = "en") -> str:
        """The page of this version, for good."""
        return f"{self.site}/{language}/d/{self.agency}/{self.dataset}/v/{self.version}"

    @property
    def all_tables(self) -> dict[str, Mapping[str, Any]]:
        """The tables of rows, then the derived ones, by name: each lies in the folder as `<name>.csv`."""
        return {**self.body["tables"], **self.body["derived"]}

    @property
    def about(self) -> dict[str, Any]:
        """Which release a document speaks of, as the JSON documents begin."""
        return {
            "agency": self.body["agency_facts"]["name"],
            "synthetic": self.body["agency_facts"]["synthetic"],
            "dataset": f"{self.agency}/{self.dataset}",
            "version": self.version,
            "issued": self.body["issued"],
            "title": self.body["title"],
            "page": self.version_page(),
        }


@dataclass(frozen=True, kw_only=True)
class Document:
    """One kind of document; `render` gives the bytes of its files by their names in the release's folder."""

    key: str
    name: str  # how a list of documents calls it
    render: Callable[[DocumentContext], Mapping[str, bytes]]


def documents() -> dict[str, Document]:
    """Every kind of document, by key."""
    return collect("openbeat.release.documents", Document)


def render_documents(context: DocumentContext) -> dict[str, bytes]:
    """Every document of a release: bytes by file name, the same for the same context."""
    rendered: dict[str, bytes] = {}
    for document in documents().values():
        files = document.render(context)
        if twice := rendered.keys() & files.keys():
            raise RuntimeError(f"two documents write {', '.join(sorted(twice))}: rename one of them")
        rendered |= files
    return dict(sorted(rendered.items()))


def as_json(value: Mapping[str, Any]) -> bytes:
    """The value as JSON that is the same every time and that people can read."""
    return json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"

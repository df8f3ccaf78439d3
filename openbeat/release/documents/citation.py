"""How to cite the release: a sentence to copy, and `CITATION.cff` (citation-file-format.github.io, 1.2.0)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from openbeat.release.documents.document import Document, DocumentContext
from openbeat.release.documents.licences import spdx_of
from openbeat.release.documents.wording import synthetic_note
from openbeat.standards import LANGUAGES, Words

SENTENCE = Words(
    en="{agency} ({year}). {title}, version {version} [Data set]. Published {day}. {page} "
    "Content SHA-256: {content}",
    es="{agency} ({year}). {title}, versión {version} [Conjunto de datos]. Publicado el {day}. {page} "
    "SHA-256 del contenido: {content}",
)
MESSAGE = "If you use these data, please cite this version of them."


def render(context: DocumentContext) -> Mapping[str, bytes]:
    """`citation.txt`, a sentence in each language, and `CITATION.cff` for programs."""
    sentences = [citation_of(context)[language] for language in LANGUAGES]
    lines = [f"{key}: {_yaml(value)}" for key, value in _cff(context).items()]
    return {
        "citation.txt": "\n\n".join(sentences).encode() + b"\n",
        "CITATION.cff": "\n".join(lines).encode() + b"\n",
    }


def citation_of(context: DocumentContext) -> Words:
    """The sentence that cites this version, in each language."""
    body = context.body
    filled: dict[str, Any] = {
        "agency": body["agency_facts"]["name"],
        "year": body["issued"][:4],
        "day": body["issued"][:10],
        "version": context.version,
        "content": body["content_sha256"],
    }
    note = synthetic_note(body)
    said = {
        lang: SENTENCE[lang].format(title=body["title"][lang], page=context.version_page(lang), **filled)
        + (f" {note[lang]}" if note else "")
        for lang in LANGUAGES
    }
    return Words(en=said["en"], es=said["es"])


def _cff(context: DocumentContext) -> dict[str, Any]:
    body, facts = context.body, context.body["agency_facts"]
    name = spdx_of(body["licence"])
    publisher = {"name": facts["name"], "email": facts["contact"]["email"]}
    content = {
        "type": "other",
        "value": f"sha256:{body['content_sha256']}",
        "description": "Hash of the content",
    }
    return {
        "cff-version": "1.2.0",
        "message": MESSAGE,
        "type": "dataset",
        "title": body["title"]["en"],
        "abstract": " ".join(
            one["en"] for one in (synthetic_note(body), body["about"], body["caution"]) if one
        ),
        "authors": [publisher | ({"website": facts["homepage"]} if facts["homepage"] else {})],
        "version": str(context.version),
        "date-released": body["issued"][:10],
        "url": context.version_page(),
        "identifiers": [content],
        "keywords": list(dict.fromkeys(["police", *body["keywords"]])),
        **({"license": name} if name else {"license-url": body["licence"]}),
    }


def _yaml(value: object) -> str:
    # JSON is YAML, once the signs that YAML takes for line breaks are escaped.
    text = json.dumps(value, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in text)


document = Document(key="citation", name="citation.txt", render=render)

"""An example agency, published once for all tests of its module; what the journeys from IAPro share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from iapro_town import towns
from postgres_server import postgres
from publishing import Example, publish_example
from rivertown_iapro import make_key

from openbeat.protect.keys import VARIABLE as PSEUDONYMS
from openbeat.vault import VARIABLE as VAULT

__all__ = ["postgres", "towns"]

KEY = bytes(range(7, 256, 8)).hex()  # fixed, so that pseudonyms are the same in every run


@pytest.fixture(scope="module")
def example(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, shared: Path
) -> Iterator[Example]:
    """The agency that the test module's SLUG names, published from the real records with a key of its own."""
    folder = tmp_path_factory.mktemp(request.module.SLUG)
    key = folder / "openbeat.key"
    key.touch(mode=0o600)
    key.write_text(f"{KEY}\n", encoding="ascii")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OPENBEAT_KEY_FILE", str(key))
        outcomes = publish_example(request.module.SLUG, folder, shared)
        yield Example(slug=request.module.SLUG, folder=folder, shared=shared, outcomes=outcomes)


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys of pseudonyms and of the vault, the same in every run, outside of any workspace."""
    make_key(tmp_path / "openbeat.key", PSEUDONYMS, monkeypatch)
    make_key(tmp_path / "vault.key", VAULT, monkeypatch)

"""What every test may ask for: the real records, a workspace of its own, a key."""

from __future__ import annotations

from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
KEY = bytes(range(7, 256, 8)).hex()  # 32 bytes; fixed, so that pseudonyms are the same in every run


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real records beside the checkout; the test is skipped where there is none."""
    folder = CHECKOUT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs ../shared, the folder of real records beside the checkout")
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """An empty workspace of an installation."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A key that only its owner can read, outside the workspace, named by OPENBEAT_KEY_FILE."""
    file = tmp_path / "keys" / "openbeat.key"
    file.parent.mkdir(mode=0o700)
    file.touch(mode=0o600)
    file.write_text(f"{KEY}\n", encoding="ascii")
    monkeypatch.setenv("OPENBEAT_KEY_FILE", str(file))
    return file

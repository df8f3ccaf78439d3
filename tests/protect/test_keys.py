"""Pseudonyms: one person, one pseudonym where the agency allows it; nobody's number to be found again."""

from __future__ import annotations

import hashlib
import hmac
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbeat.errors import WrongSettings
from openbeat.protect import SecretKey, read_key

SECRET = bytes(range(32))
KEY = SecretKey(SECRET)
HOME = {"domain": "officer", "agency": "springfield", "group": "conduct"}


def pseudonym(value: str, key: SecretKey = KEY, **elsewhere: str) -> str:
    return next(key.pseudonyms([value], **{**HOME, **elsewhere}))


@given(st.lists(st.text(max_size=12), max_size=6))
def test_the_same_value_has_the_same_pseudonym_wherever_it_stands(values: list[str]) -> None:
    assert list(KEY.pseudonyms(values, **HOME)) == [pseudonym(value) for value in values]


@pytest.mark.parametrize(
    "elsewhere",
    [{"domain": "subject"}, {"agency": "shelbyville"}, {"group": "stops"}, {"key": SecretKey(SECRET[::-1])}],
)
def test_it_is_another_in_another_domain_agency_group_or_under_another_key(elsewhere: dict[str, str]) -> None:
    numbers = [str(number) for number in range(2_000)]
    here = {pseudonym(number)[1:] for number in numbers}
    there = {pseudonym(number, **elsewhere)[1:] for number in numbers}  # type: ignore[arg-type]
    assert len(here) == len(there) == len(numbers)
    assert here.isdisjoint(there)


@pytest.mark.parametrize(("one", "other"), [("00123", "123"), (" 123", "123 "), ("a7", "A7"), ("000", "0")])
def test_two_ways_of_writing_one_number_have_one_pseudonym(one: str, other: str) -> None:
    assert pseudonym(one) == pseudonym(other)


@pytest.mark.parametrize(
    ("one", "other"), [("0A7", "A7"), ("1230", "123"), ("0", ""), ("12 3", "123"), ("-1", "1")]
)
def test_other_values_keep_their_own(one: str, other: str) -> None:
    assert pseudonym(one) != pseudonym(other)


@given(st.integers(0, 10**9))
def test_it_is_hmac_sha_256_under_a_key_of_its_own_context(number: int) -> None:
    context = "openbeat 1\x1fspringfield\x1fconduct\x1fofficer"
    inner = hmac.new(SECRET, context.encode(), hashlib.sha256).digest()
    assert (
        pseudonym(f"00{number}")
        == "o" + hmac.new(inner, str(number).encode(), hashlib.sha256).hexdigest()[:20]
    )


def test_openssl_computes_the_same() -> None:
    if not (openssl := shutil.which("openssl")):
        pytest.skip("needs openssl")

    def signed(key: bytes, text: bytes) -> bytes:
        asked = [openssl, "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{key.hex()}", "-binary"]
        return subprocess.run(asked, input=text, capture_output=True, check=True).stdout

    inner = signed(SECRET, b"openbeat 1\x1fspringfield\x1fconduct\x1fofficer")
    assert pseudonym("4711") == "o" + signed(inner, b"4711").hex()[:20]


def test_trying_every_badge_number_with_the_usual_hashes_finds_nobody() -> None:
    published = set(KEY.pseudonyms(map(str, range(0, 100_000, 100)), **HOME))
    assert len(published) == 1_000
    found = 0
    for number in range(100_001):
        for text in (str(number), f"{number:05}"):
            for name in ("md5", "sha1", "sha256"):
                guess = hashlib.new(name, text.encode()).hexdigest()
                found += f"o{guess[:20]}" in published or f"o{guess[-20:]}" in published
    assert found == 0


def test_the_attack_would_find_hashes_without_a_key() -> None:
    published = {
        "o" + hashlib.sha256(str(number).encode()).hexdigest()[:20] for number in range(0, 1_000, 10)
    }
    guesses = {"o" + hashlib.sha256(str(number).encode()).hexdigest()[:20] for number in range(1_000)}
    assert published <= guesses


def test_the_secret_is_never_shown() -> None:
    for shown in (repr(KEY), str(KEY), f"{KEY}", f"{[KEY]}", f"{KEY!r:>20}"):
        assert SECRET.hex() not in shown
        assert repr(SECRET)[2:20] not in shown


def test_the_key_comes_from_the_file_that_the_environment_names(key_file: Path, workspace: Path) -> None:
    assert read_key(workspace).secret == bytes.fromhex(key_file.read_text("ascii"))


def test_no_name_in_the_environment_is_refused_with_how_to_make_a_key(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENBEAT_KEY_FILE", raising=False)
    with pytest.raises(WrongSettings, match="/dev/urandom"):
        read_key(workspace)


def test_the_way_to_make_a_key_that_it_names_makes_one(key_file: Path, workspace: Path) -> None:
    key_file.unlink()
    with pytest.raises(WrongSettings, match="cannot be read") as caught:
        read_key(workspace)
    remedy = caught.value.remedies[0].removeprefix("make one: ").replace("FILE", str(key_file))
    subprocess.run(["bash", "-c", remedy], check=True)
    assert len(read_key(workspace).secret) == 32


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o620, 0o601])
def test_a_file_that_others_may_use_is_refused(mode: int, key_file: Path, workspace: Path) -> None:
    key_file.chmod(mode)
    with pytest.raises(WrongSettings, match="chmod 600"):
        read_key(workspace)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_of_its_owner_alone_is_used(mode: int, key_file: Path, workspace: Path) -> None:
    key_file.chmod(mode)
    assert len(read_key(workspace).secret) == 32


@pytest.mark.parametrize("text", ["", "00" * 31, "correct horse battery staple", "é" * 64, "zz" * 32])
def test_a_short_or_readable_secret_is_refused_without_being_told(
    text: str, key_file: Path, workspace: Path
) -> None:
    key_file.write_text(text, "utf-8")
    with pytest.raises(WrongSettings) as caught:
        read_key(workspace)
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize("linked", [False, True])
def test_a_key_in_the_workspace_is_refused_also_behind_a_link(
    linked: bool, key_file: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = workspace / "keys" / "openbeat.key"
    inside.parent.mkdir()
    shutil.copy(key_file, inside)
    inside.chmod(0o600)
    named = inside
    if linked:
        named = key_file.with_name("link")
        named.symlink_to(inside)
    monkeypatch.setenv("OPENBEAT_KEY_FILE", str(named))
    with pytest.raises(WrongSettings, match="lies in the workspace"):
        read_key(workspace)

"""What becomes of rows that extractors hand in: runs, incidents that change, and the month asked for."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from extractor import (
    ASSAULTS,
    COMPLAINTS,
    MUTATORS,
    Mutator,
    Row,
    as_received,
    fuzzed_data,
    in_any_order,
    make_rows,
    reference_schemas,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openbeat.errors import OpenBeatError, RefusedDelivery, VaultFault
from openbeat.sources.comport import DATASETS, Receiver, view
from openbeat.sources.comport.schema import KNOWN, SCHEMAS
from openbeat.vault import VARIABLE, Vault, open_vault, read_vault_key

HEARTBEAT = b'{"heartbeat": "heartbeat"}'
CANARY = "XQZJV"
FULL = {"opaqueId": "1"} | dict.fromkeys(ASSAULTS.keys() - {"opaqueId"})


class Clock:
    """Says the time that a test sets, a second later each time."""

    def __init__(self, start: datetime) -> None:
        self.time = start

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


class Desk:
    """A vault with a receiver, which may be restarted."""

    def __init__(self, folder: Path, **told: Any) -> None:
        self.folder, self.clock, self.lines = folder, Clock(datetime(2026, 5, 3, 8)), list[str]()
        folder.mkdir(exist_ok=True)
        self.restart(**told)

    def restart(self, **told: Any) -> None:
        self.vault = open_vault(self.folder / "vault", read_vault_key(self.folder))
        contact = self.folder / "contact.json"
        self.receiver = Receiver(self.vault, contact, now=self.clock, say=self.lines.append, **told)

    def asked(self) -> tuple[int, int]:
        reply = self.receiver.heartbeat(HEARTBEAT)
        return reply["nextYear"], reply["nextMonth"]

    def hand_in(self, rows: list[Row], dataset: str = "assaults") -> Mapping[str, int]:
        return self.receiver.deliver(dataset, json.dumps({"month": 0, "year": 0, "data": rows}).encode())

    def hand_in_nothing(self, *datasets: str) -> None:
        for dataset in datasets:
            self.hand_in([], dataset)

    def view(self, dataset: str = "assaults") -> list[dict[str, str | None]]:
        rows: list[dict[str, str | None]] = view(self.vault, dataset).to_pylist()
        return rows

    def history(self) -> list[dict[str, Any]]:
        """Every version of every row received; the books of runs aside."""
        tables = [f"comport.{one}" for one in DATASETS if f"comport.{one}" in self.vault.tables()]
        return [row for table in tables for row in self.vault.history(table).to_pylist()]

    def contact(self) -> Any:
        return json.loads((self.folder / "contact.json").read_text("utf-8"))


@pytest.fixture(autouse=True, scope="module")
def _vault_key(tmp_path_factory: pytest.TempPathFactory) -> Any:
    file = tmp_path_factory.mktemp("keys") / "vault.key"
    file.touch(mode=0o600)
    file.write_text("5a" * 32, encoding="ascii")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(file))
        yield


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "desk")


def assault(incident: str, **said: Any) -> Row:
    return FULL | {"opaqueId": incident} | said


# The schemas


def test_the_keys_of_every_dataset_and_department_are_those_of_the_reference(shared: Path) -> None:
    ours = {(dataset, one.department): one.types for dataset, schemas in SCHEMAS.items() for one in schemas}
    assert ours == reference_schemas(shared)
    assert len(ours) == 14


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_rows_of_every_department_come_back_as_they_were_sent(
    shared: Path, tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    chance, desk = random.Random(seed), Desk(tmp_path_factory.mktemp("desk"))
    sent: dict[str, list[Row]] = defaultdict(list)
    for (dataset, _), keys in reference_schemas(shared).items():
        rows = make_rows(keys, chance.randrange(1, 20), chance, incidents=6)
        assert sum(desk.hand_in(rows, dataset).values()) == len(rows)
        sent[dataset] += rows
    assert {dataset: in_any_order(desk.view(dataset)) for dataset in DATASETS} == {
        dataset: in_any_order(rows) for dataset, rows in sent.items()
    }


@pytest.mark.parametrize("mutator", MUTATORS)
def test_what_comports_own_client_does_to_rows_is_kept_whole_or_refused_whole(
    shared: Path, desk: Desk, mutator: Mutator
) -> None:
    chance, kept, refused = random.Random(3), 0, set()
    for (dataset, department), keys in reference_schemas(shared).items():
        before = desk.view(dataset)
        rows = [mutator(row, chance) for row in make_rows(keys, 30, chance)]
        try:
            desk.hand_in(rows, dataset)
        except RefusedDelivery:
            refused |= (
                {f"{dataset} of {department}"} if set(keys.values()) > {"text"} else {"without a reason"}
            )
            rows = []
        kept += bool(rows)
        assert in_any_order(desk.view(dataset)) == in_any_order(before + rows)
    if mutator is fuzzed_data:  # noise in a yes or no, or in a time other than occuredDate
        assert kept == 1
        assert "complaints of IMPD" not in refused
    else:
        assert (kept, refused) == (14, set())


def test_booleans_come_back_as_words_and_nothing_stays_nothing(desk: Desk) -> None:
    desk.hand_in([assault("1", arrestMade=True, officerInjured=False, officerKilled=None, forceType="")])
    row = desk.view()[0]
    assert (row["arrestMade"], row["officerInjured"], row["officerKilled"]) == ("true", "false", None)
    assert (row["forceType"], row["assignment"]) == ("", None)


def test_a_dataset_never_sent_has_no_rows_but_its_columns(desk: Desk) -> None:
    empty = view(desk.vault, "pursuits")
    assert empty.num_rows == 0
    assert set(empty.column_names) == KNOWN["pursuits"]


def test_a_key_that_the_protocol_does_not_know_becomes_a_column_and_is_told(desk: Desk) -> None:
    desk.hand_in([assault("1"), assault("2", weather="rain", distance=1.5)])
    assert [(row["weather"], row["distance"]) for row in desk.view()] == [(None, None), ("rain", "1.5")]
    assert "does not know them: distance, weather" in desk.lines[-1]


# Runs and incidents


def test_an_incident_spread_over_deliveries_of_a_run_has_all_its_rows(desk: Desk) -> None:
    desk.asked()
    for officer in "abc":
        desk.hand_in([assault("1", officerIdentifier=officer)])
    assert {row["officerIdentifier"] for row in desk.view()} == set("abc")


def test_equal_rows_of_one_delivery_are_all_kept(desk: Desk) -> None:
    assert desk.hand_in([assault("1")] * 3) == {"added": 3, "updated": 0}
    assert len(desk.view()) == 3


def test_a_corrected_row_leaves_no_stale_one_and_other_incidents_stay(desk: Desk) -> None:
    desk.asked()
    desk.hand_in([assault("1", forceType="FIREARM"), assault("2"), assault("3")])
    desk.asked()
    assert desk.hand_in([assault("1", forceType="KNIFE"), assault("4")]) == {"added": 1, "updated": 1}
    kinds = {row["opaqueId"]: row["forceType"] for row in desk.view()}
    assert kinds == {"1": "KNIFE", "2": None, "3": None, "4": None}
    assert len(desk.view()) == 4


def test_a_row_that_an_incident_lost_is_gone_without_waiting_for_the_next_heartbeat(desk: Desk) -> None:
    desk.asked()
    desk.hand_in([assault("1", officerIdentifier=one) for one in "ab"])
    desk.asked()
    desk.hand_in([assault("1", officerIdentifier="a")])
    assert [row["officerIdentifier"] for row in desk.view()] == ["a"]
    moment = desk.clock.time
    desk.asked()
    assert [row["officerIdentifier"] for row in desk.view()] == ["a"]
    assert [row["officerIdentifier"] for row in desk.vault.rows("comport.assaults").to_pylist()] == ["a"]
    then = view(desk.vault, "assaults", at=moment).to_pylist()
    assert [row["officerIdentifier"] for row in then] == ["a"]


def test_the_same_run_again_adds_no_version_of_any_row_whatever_the_chunks_and_the_order(desk: Desk) -> None:
    chance = random.Random(1)
    rows = make_rows(ASSAULTS, 90, chance, incidents=12)  # seven or eight rows each: chunks cut through them
    desk.asked()
    for start in range(0, 90, 7):
        desk.hand_in(rows[start : start + 7])
    before, seen = desk.history(), desk.view()
    for size in (7, 10, 90):
        desk.asked()
        shuffled = sorted(chance.sample(rows, 90), key=lambda row: row["opaqueId"])
        for start in range(0, 90, size):
            desk.hand_in(shuffled[start : start + size])
        assert desk.view() == seen
    desk.asked()
    assert desk.history() == before


def test_a_delivery_that_comes_again_in_its_run_changes_nothing(desk: Desk) -> None:
    desk.asked()
    first = desk.hand_in([assault("1"), assault("1")])
    before, commits = desk.history(), len(list((desk.folder / "vault" / "commits").iterdir()))
    assert desk.hand_in([assault("1"), assault("1")]) == first
    desk.restart()
    assert desk.hand_in([assault("1"), assault("1")]) == first
    assert desk.history() == before
    assert len(list((desk.folder / "vault" / "commits").iterdir())) == commits


STEPS = st.lists(
    st.one_of(
        st.just("heartbeat"),
        st.just("restart"),
        st.just("again"),
        st.lists(st.tuples(st.sampled_from("123"), st.sampled_from("ab")), max_size=5),
    ),
    max_size=14,
)


@settings(max_examples=40, deadline=None)
@given(steps=STEPS)
def test_of_every_incident_there_are_the_rows_of_the_newest_run_that_sent_it(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Any]
) -> None:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    current: dict[str, list[Row]] = {}
    sent: set[str] = set()  # incidents that the run sent
    seen: list[Any] = []  # its deliveries
    for step in steps:
        if step == "heartbeat":
            desk.asked()
            sent, seen = set(), []
        elif step == "restart":
            desk.restart()
        elif delivery := (seen[-1:] or [None])[0] if step == "again" else step:
            rows = [assault(incident, officerIdentifier=officer) for incident, officer in delivery]
            desk.hand_in(rows)
            if delivery not in seen:
                seen.append(delivery)
                for incident in {incident for incident, _ in delivery} - sent:
                    current[incident] = []
                for row in rows:
                    current[row["opaqueId"]].append(row)
                    sent.add(row["opaqueId"])
        assert in_any_order(desk.view()) == in_any_order(row for rows in current.values() for row in rows)


def test_when_it_happened_and_when_we_knew_are_held_beside_the_row(desk: Desk) -> None:
    row = dict.fromkeys(COMPLAINTS) | {"opaqueId": "1", "occuredDate": "2015-03-09 0:0:00"}
    desk.hand_in([row], "complaints")
    desk.asked()
    desk.hand_in([row], "complaints")
    (held,) = desk.vault.rows("comport.complaints").to_pylist()
    assert held["_event"] == datetime(2015, 3, 9)
    assert held["_known"] == held["_revised"] < desk.clock.time - timedelta(seconds=1)


# The month asked for


def test_without_a_month_to_start_from_the_current_one_is_asked_for(desk: Desk) -> None:
    assert desk.asked() == (2026, 5)


def test_the_month_stays_until_a_run_had_every_dataset(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "desk", first="2016-05")
    assert desk.asked() == (2016, 5)
    desk.hand_in_nothing(*DATASETS[:4])
    assert desk.asked() == (2016, 5)
    desk.hand_in_nothing(DATASETS[4])
    desk.restart()
    assert desk.asked() == (2016, 5)
    desk.hand_in_nothing(*DATASETS)
    assert desk.asked() == (2026, 5)


def test_the_next_run_starts_in_the_month_in_which_the_whole_one_began(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "desk", first="2016-05")
    desk.asked()
    desk.clock.time = datetime(2026, 6, 1)  # the run took a month
    desk.hand_in_nothing(*DATASETS)
    desk.clock.time = datetime(2026, 8, 20)
    desk.restart()
    assert desk.asked() == (2026, 5)
    desk.hand_in_nothing(*DATASETS)
    assert desk.asked() == (2026, 8)


def test_only_the_datasets_that_the_agency_has_are_waited_for(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "desk", first="2016-05", expected=["UOF", "complaints"])
    desk.asked()
    desk.hand_in_nothing("UOF", "complaints")
    assert desk.asked() == (2026, 5)


def test_a_refused_delivery_keeps_the_month_where_it_is(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "desk", first="2016-05")
    desk.asked()
    with pytest.raises(RefusedDelivery):
        desk.hand_in([{}])
    desk.hand_in_nothing(*DATASETS)
    desk.restart()
    assert desk.asked() == (2016, 5)


def test_a_restart_in_the_middle_of_a_run_keeps_the_month_where_it_is(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "desk", first="2016-05")
    desk.asked()
    desk.hand_in_nothing(*DATASETS[:3])
    desk.restart()
    desk.hand_in_nothing(*DATASETS[3:])
    assert desk.asked() == (2016, 5)


def test_when_the_extractor_was_last_heard_of_stands_in_a_file(desk: Desk) -> None:
    desk.asked()
    desk.hand_in([assault("1"), assault("2")])
    said = desk.contact()
    assert datetime(2026, 5, 3, 8) < datetime.fromisoformat(said["last_contact"]) <= desk.clock.time
    assert (said["rows"], said["whole"], "UOF" in said["missing"]) == ({"assaults": 2}, True, True)
    assert (desk.folder / "contact.json").stat().st_mode & 0o777 == 0o600


# Trouble


def broken(**change: Any) -> bytes:
    return json.dumps({"data": [assault("1"), FULL | change]}).encode()


WITHOUT = {key: value for key, value in FULL.items() if key != "assignment"}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (json.dumps({"data": [FULL, WITHOUT]}).encode(), "row 2: 'assignment' is missing"),
        (broken(arrestMade=CANARY), "row 2: 'arrestMade' must be true, false or null"),
        (broken(arrestMade=1), "row 2: 'arrestMade' must be true, false or null"),
        (broken(forceType=[CANARY]), "row 2: 'forceType' must be one plain value"),
        (broken(forceType={CANARY: 1}), "row 2: 'forceType' must be one plain value"),
        (broken(forceType=True), "row 2: 'forceType' must be text, a number or null"),
        (broken(forceType=CANARY * 9_000), "row 2: 'forceType' has more than 20000 characters"),
        (broken(forceType="\ud800"), "row 2: 'forceType' has half a character"),
        (broken(opaqueId=" "), "row 2: 'opaqueId' is empty"),
        (broken(opaqueId=None), "row 2: 'opaqueId' is empty"),
        (broken(ForceType=CANARY), "row 2: 'ForceType' is also spelt 'forceType'"),
        (broken(**{f"{CANARY} Smith": 1}), "row 2: a key is not a name"),
        (broken(_row=CANARY), "row 2: a key is not a name"),
        (broken(**{f"extra{number}": 1 for number in range(51)}), "51 keys are unknown to the protocol"),
        (json.dumps({"data": [FULL, CANARY]}).encode(), "row 2: must be an object"),
        (json.dumps({"data": [FULL], "more": CANARY}).encode(), "not 'more'"),
        (json.dumps({"data": [FULL], f"{CANARY}!": 1}).encode(), "not a key that is no name"),
        (json.dumps({"data": [FULL], "month": CANARY}).encode(), "'month' must be a whole number"),
        (json.dumps({"data": {}}).encode(), "whose 'data' is a list"),
        (json.dumps([FULL]).encode(), "whose 'data' is a list"),
        (json.dumps({"data": [FULL] * 10_001}).encode(), "at most 10000 may come at once"),
        (b'{"data": [{"opaqueId": 1, "opaqueId": 2}]}', "an object has 'opaqueId' twice"),
        (b'{"data": [{"officerAge": NaN}]}', "NaN is no JSON"),
        (json.dumps({"data": [FULL]}).encode().replace(b"null", b"1e999", 1), "is larger than a number"),
        (b'{"data": [' + b"9" * 5_000 + b"]}", "not JSON in UTF-8"),
        (CANARY.encode() + b"{", "not JSON in UTF-8"),
        ("é".encode("latin-1"), "not JSON in UTF-8"),
        (b"", "not JSON in UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
    ],
)
def test_a_delivery_with_a_fault_is_refused_whole_and_the_place_of_the_fault_named(
    desk: Desk, body: bytes, problem: str
) -> None:
    desk.hand_in([assault("7")])
    before = desk.history()
    with pytest.raises(RefusedDelivery) as caught:
        desk.receiver.deliver("assaults", body)
    assert problem in str(caught.value)
    assert desk.history() == before
    assert CANARY not in f"{caught.value!r}{caught.value.__cause__}{caught.value.__context__}{desk.lines}"


@pytest.mark.parametrize("wrong", ["yesterday", "2016-02-30 00:00:00", "05/01/2016", 20160501, True])
def test_a_time_that_is_none_is_refused(desk: Desk, wrong: object) -> None:
    row = dict.fromkeys(COMPLAINTS) | {"opaqueId": "1", "occuredDate": wrong}
    with pytest.raises(RefusedDelivery, match="row 1: 'occuredDate' must be a time"):
        desk.hand_in([row], "complaints")


def test_a_dataset_that_does_not_exist_is_refused_without_repeating_its_name(desk: Desk) -> None:
    with pytest.raises(RefusedDelivery) as caught:
        desk.hand_in([], CANARY)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("body", [b"{}", b'{"heartbeat": "XQZJV"}', b"[]", b"XQZJV", b""])
def test_another_heartbeat_than_the_protocols_begins_no_run(desk: Desk, body: bytes) -> None:
    with pytest.raises(RefusedDelivery) as caught:
        desk.receiver.heartbeat(body)
    assert CANARY not in str(caught.value)
    assert desk.vault.tables() == ()


def test_a_delivery_that_the_vault_cannot_take_is_taken_when_it_comes_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.asked()
    desk.hand_in([assault("1")])
    real: Callable[..., Any] = Vault.append

    def full_disk(*told: Any, **more: Any) -> Any:
        raise VaultFault("no space left", where="the vault", remedies=["make room"])

    monkeypatch.setattr(Vault, "append", full_disk)
    with pytest.raises(OpenBeatError):
        desk.hand_in([assault("1", forceType="FIREARM"), assault("2")])
    monkeypatch.setattr(Vault, "append", real)
    assert [as_received(row) for row in desk.view()] == [{"opaqueId": "1"}]
    assert desk.hand_in([assault("1", forceType="FIREARM"), assault("2")]) == {"added": 1, "updated": 1}
    assert len(desk.view()) == 3
    assert desk.contact()["whole"] is False


def test_a_clock_that_is_set_back_does_not_stop_the_run(desk: Desk) -> None:
    desk.hand_in([assault("1")])
    desk.clock.time -= timedelta(hours=1)
    desk.hand_in([assault("2")])
    desk.asked()
    assert len(desk.view()) == 2

"""The interval of a share, beside scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from openbeat.errors import NotEnoughData
from openbeat.stats.wilson import wilson

SHARES = st.integers(1, 5_000).flatmap(lambda among: st.tuples(st.integers(0, among), st.just(among)))
SURE = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99])


@given(SHARES, SURE)
def test_the_interval_is_the_one_that_scipy_computes(share: tuple[int, int], confidence: float) -> None:
    count, among = share
    theirs = binomtest(count, among).proportion_ci(confidence_level=confidence, method="wilson")
    ours = wilson([count], [among], confidence=confidence)
    assert (ours.low[0], ours.high[0]) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert ours.share[0] == count / among


def test_a_third_of_thirty_is_the_one_worked_out_by_hand() -> None:
    # (10 + 1.959964^2 / 2 -/+ 1.959964 * sqrt(10 * 20 / 30 + 1.959964^2 / 4)) / (30 + 1.959964^2)
    found = wilson([10], [30])
    assert (found.low[0], found.high[0]) == pytest.approx((0.192310, 0.512203), abs=1e-5)


@given(SHARES)
def test_the_share_lies_in_its_interval_and_the_interval_between_0_and_1(share: tuple[int, int]) -> None:
    found = wilson([share[0]], [share[1]])
    assert 0 <= found.low[0] <= found.share[0] <= found.high[0] <= 1


@given(SHARES)
def test_what_was_not_counted_has_the_mirrored_interval(share: tuple[int, int]) -> None:
    count, among = share
    found, mirrored = wilson([count], [among]), wilson([among - count], [among])
    assert found.low[0] == pytest.approx(1 - mirrored.high[0], abs=1e-12)


@given(SHARES)
def test_more_of_the_same_makes_it_narrower(share: tuple[int, int]) -> None:
    few, many = wilson([share[0]], [share[1]]), wilson([share[0] * 4], [share[1] * 4])
    assert many.high[0] - many.low[0] < few.high[0] - few.low[0]


@given(SHARES)
def test_being_surer_makes_it_wider(share: tuple[int, int]) -> None:
    sure, surer = (wilson([share[0]], [share[1]], confidence=one) for one in (0.9, 0.99))
    assert surer.low[0] <= sure.low[0]
    assert sure.high[0] <= surer.high[0]


def test_none_and_all_have_an_exact_end() -> None:
    found = wilson([0, 7], [7, 7])
    assert (found.low[0], found.high[1]) == (0, 1)
    assert 0 < found.high[0] < 1
    assert 0 < found.low[1] < 1


def test_many_shares_at_once_are_the_same_as_each_alone() -> None:
    counts, amongs = np.arange(20), np.arange(20) + 5
    together = wilson(counts, amongs)
    alone = [wilson([count], [among]) for count, among in zip(counts, amongs, strict=True)]
    assert together.high.tolist() == [one.high[0] for one in alone]


@pytest.mark.parametrize(("count", "among"), [(0, 0), (3, 2), (-1, 5), (0, -1)])
def test_a_share_of_nothing_is_refused_with_a_way_out(count: int, among: int) -> None:
    with pytest.raises(NotEnoughData, match="leave empty groups out"):
        wilson([1, count], [2, among])

"""The engines that must agree: DuckDB, and Spark as Sail and (slow) as a real cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
from spark_servers import Cluster, cluster, sail

from openbeat.engine.duck import DuckEngine
from openbeat.engine.spark import SparkEngine


@pytest.fixture(scope="module")
def duck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckEngine]:
    """DuckDB inside this process."""
    with closing(DuckEngine(scratch=tmp_path_factory.mktemp("duck"), memory="1GB")) as engine:
        yield engine


@pytest.fixture(scope="session")
def two_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Spark on a cluster of two workers."""
    with cluster(tmp_path_factory.mktemp("cluster"), workers=2) as started:
        yield started


@pytest.fixture(scope="module", params=["sail", pytest.param("cluster", marks=pytest.mark.slow)])
def spark(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkEngine]:
    """Spark Connect: to Sail in this process; among the slow tests, to Spark with two workers as well."""
    with ExitStack() as stack:
        scratch = tmp_path_factory.mktemp("spark")
        if request.param == "sail":
            address = stack.enter_context(sail())
        else:
            address = request.getfixturevalue("two_workers").address
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("SPARK_REMOTE", address)
        yield stack.enter_context(closing(SparkEngine(scratch=scratch)))

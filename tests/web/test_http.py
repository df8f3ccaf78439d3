"""What the portal answers to programs: files in whole and in part, feeds, and attacks."""

from __future__ import annotations

import hashlib
import json
import re
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pyarrow.parquet as pq
import pytest

from openbeat.release.objects import object_path
from openbeat.release.shelf import Shelf, read_manifest

FILES = "/files/ferndale_xx/stops/4"


def ask(portal: str, path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
    """The answer to one request, sent as it is: nothing tidies the path on the way."""
    connection = HTTPConnection(urlsplit(portal).netloc, timeout=60)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, headers=sent)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


@pytest.fixture
def parquet(shelf: Shelf) -> bytes:
    files = read_manifest(shelf, "ferndale_xx", "stops", 4).body["tables"]["stops"]["files"]
    return object_path(shelf, files["parquet"]["object"]).read_bytes()


def test_a_file_comes_as_it_lies_on_the_shelf_named_by_its_hash(portal: str, parquet: bytes) -> None:
    answer, body = ask(portal, f"{FILES}/stops.parquet")
    assert (answer.status, body) == (200, parquet)
    assert answer.headers["ETag"] == f'"{hashlib.sha256(parquet).hexdigest()}"'
    assert answer.headers["Content-Length"] == str(len(parquet))
    assert answer.headers["Content-Type"] == "application/vnd.apache.parquet"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Last-Modified"]


def test_head_says_the_same_without_the_bytes(portal: str, parquet: bytes) -> None:
    answer, body = ask(portal, f"{FILES}/stops.parquet", "HEAD")
    assert (answer.status, body, answer.headers["Content-Length"]) == (200, b"", str(len(parquet)))


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [("bytes=0-3", 0, 4), ("bytes=100-", 100, None), ("bytes=-8", -8, None), ("bytes=5-999999999", 5, None)],
)
def test_a_range_gives_exactly_those_bytes(
    portal: str, parquet: bytes, wanted: str, first: int, last: int | None
) -> None:
    answer, body = ask(portal, f"{FILES}/stops.parquet", Range=wanted)
    assert (answer.status, body) == (206, parquet[first:last])
    assert answer.headers["Content-Range"].endswith(f"/{len(parquet)}")


def test_a_range_beyond_the_end_is_refused_with_the_length(portal: str, parquet: bytes) -> None:
    answer, body = ask(portal, f"{FILES}/stops.parquet", Range=f"bytes={len(parquet)}-")
    assert (answer.status, answer.headers["Content-Range"], body) == (416, f"bytes */{len(parquet)}", b"")


@pytest.mark.parametrize("wanted", ["bytes=0-1,3-4", "bytes=9-3", "rows=0-3", "bytes=-", "bytes=x-y"])
def test_a_range_that_says_nothing_clear_gives_the_whole_file(
    portal: str, parquet: bytes, wanted: str
) -> None:
    answer, body = ask(portal, f"{FILES}/stops.parquet", Range=wanted)
    assert (answer.status, body) == (200, parquet)


def test_a_range_of_other_bytes_than_the_reader_has_gives_the_whole_file(portal: str, parquet: bytes) -> None:
    answer, body = ask(portal, f"{FILES}/stops.parquet", Range="bytes=0-3", If_Range='"another"')
    assert (answer.status, body) == (200, parquet)


def test_a_reader_who_has_the_file_is_sent_nothing(portal: str, parquet: bytes) -> None:
    tag = f'"{hashlib.sha256(parquet).hexdigest()}"'
    answer, body = ask(portal, f"{FILES}/stops.parquet", If_None_Match=f'"other", {tag}')
    assert (answer.status, body) == (304, b"")


def test_latest_leads_to_the_newest_release_that_stands(portal: str) -> None:
    answer, _ = ask(portal, "/files/ferndale_xx/stops/latest/stops.csv")
    assert (answer.status, answer.headers["Location"]) == (302, f"{FILES}/stops.csv")


def test_rows_come_as_json_lines_on_request_one_for_each_row(portal: str) -> None:
    answer, body = ask(portal, f"{FILES}/stops.ndjson")
    rows = [json.loads(line) for line in body.splitlines()]
    assert (answer.status, len(rows)) == (200, 4_000)
    assert rows[0].keys() >= {"stop_id", "occurred_date", "search_conducted"}


def test_rows_come_as_geoparquet_on_request(portal: str) -> None:
    import pyarrow as pa

    answer, body = ask(portal, f"{FILES}/stops.geo.parquet")
    assert answer.status == 200
    table = pq.read_table(pa.BufferReader(body))
    assert table.num_rows == 4_000
    assert b"geo" in table.schema.metadata


def test_a_withdrawn_version_is_gone_and_says_why(portal: str) -> None:
    for path in ("/files/ferndale_xx/stops/2/stops.csv", "/charts/ferndale_xx/stops/2/months-stops.csv"):
        answer, body = ask(portal, path)
        assert (answer.status, b"cut off in June" in body) == (410, True)


@pytest.mark.parametrize(
    "path",
    [
        "/files/ferndale_xx/stops/4/../../../../manifests/ferndale_xx/stops/00000001.json",
        "/files/ferndale_xx/stops/4/..%2f..%2fmanifests",
        "/files/ferndale_xx/stops/4/%2e%2e%2fHEAD",
        "/files/..%2f..%2fetc/stops/4/passwd",
        "/files/ferndale_xx/stops/4/manifest.json%00.csv",
        "/files/ferndale_xx/stops/99/stops.csv",
        "/files/ferndale_xx/stops/3/stops.csv",
        "/files/ferndale_xx/nothing/latest/stops.csv",
        "/files/ferndale_xx/stops/99999999999999999999999/stops.csv",
        "/charts/ferndale_xx/stops/4/months-stops.en.light.huge.svg",
        "/charts/ferndale_xx/stops/4/months-nothing.csv",
        "/static/../settings.py",
        "/static/%2e%2e/wsgi.py",
        "/en/d/..%2f..%2fetc/passwd",
        "/xx/",
    ],
)
def test_what_was_never_offered_is_not_found(portal: str, path: str) -> None:
    answer, body = ask(portal, path)
    assert answer.status == 404
    assert b"root:" not in body
    assert b"Traceback" not in body


def test_a_host_that_is_not_ours_is_refused(portal: str) -> None:
    answer, _ = ask(portal, "/en/", Host="evil.example")
    assert answer.status == 400


@pytest.mark.parametrize("path", ["/en/", "/en/d/millbrook_xx/stops", "/es/d/millbrook_xx/stops"])
def test_words_of_a_release_never_become_markup(portal: str, path: str) -> None:
    _, body = ask(portal, path)
    page = body.decode()
    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert "<img src=//evil" not in page
    assert 'href="javascript:' not in page


def test_words_of_a_search_never_become_markup(portal: str) -> None:
    _, body = ask(portal, "/en/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert b"<script>alert" not in body


def test_cells_of_a_record_never_become_markup_in_a_picture(portal: str) -> None:
    for release in ("millbrook_xx/stops/1", "ferndale_xx/stops/4"):  # bars by place; a map with names
        answer, body = ask(portal, f"/charts/{release}/places-stops.en.light.wide.svg")
        assert "alert" in body.decode()
        assert answer.headers["Content-Type"] == "image/svg+xml"
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(body).iter()}
        assert "script" not in tags
        assert "img" not in tags
        assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_every_page_forbids_what_it_does_not_need_and_sets_no_cookie(portal: str) -> None:
    answer, _ = ask(portal, "/en/d/ferndale_xx/stops")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Set-Cookie"] is None


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("es-MX,es;q=0.9,en;q=0.8", "es"), ("fr, en;q=0.5", "en"), ("", "en"), ("en;q=0.2, es;q=0.3", "es")],
)
def test_the_front_door_opens_in_the_language_that_the_browser_prefers(
    portal: str, accepted: str, language: str
) -> None:
    answer, _ = ask(portal, "/", Accept_Language=accepted)
    assert (answer.status, answer.headers["Location"]) == (302, f"/{language}/")
    assert answer.headers["Vary"] == "Accept-Language"


def test_the_catalogues_hold_every_dataset_that_stands(portal: str) -> None:
    for path, conforms in (("/data.json", "v1.1"), ("/dcat-us/3.0/data.json", "3.0")):
        answer, body = ask(portal, path)
        assert (answer.status, len(json.loads(body)["dataset"])) == (200, 2)
        assert conforms in json.dumps(json.loads(body)["conformsTo"])


def test_the_feed_tells_releases_and_withdrawals_newest_first(portal: str) -> None:
    _, body = ask(portal, "/feed.atom")
    space = {"a": "http://www.w3.org/2005/Atom"}
    feed = ElementTree.fromstring(body)
    moments = [entry.findtext("a:updated", "", space) for entry in feed.findall("a:entry", space)]
    titles = [entry.findtext("a:title", "", space) for entry in feed.findall("a:entry", space)]
    assert moments == sorted(moments, reverse=True)
    assert len(moments) == 7
    assert sum(title.endswith("withdrawn") for title in titles) == 2


def test_every_address_of_the_site_map_answers(portal: str) -> None:
    _, body = ask(portal, "/sitemap.xml")
    addresses = re.findall(r"<loc>(.*?)</loc>", body.decode())
    assert len(addresses) > 20
    for address in addresses:
        assert ask(portal, urlsplit(address).path)[0].status == 200, address


def test_health_says_how_many_datasets_can_be_read(portal: str) -> None:
    answer, body = ask(portal, "/health")
    assert (answer.status, json.loads(body)) == (200, {"datasets": 3, "damaged": []})


def test_the_numbers_behind_a_chart_are_those_of_the_release(portal: str, shelf: Shelf) -> None:
    _, body = ask(portal, "/charts/ferndale_xx/stops/4/months-stops.csv")
    lines = [line.split(",") for line in body.decode().splitlines()[1:]]
    told = read_manifest(shelf, "ferndale_xx", "stops", 4).body["tables"]["stops"]["months"]
    assert {month: int(rows) for month, rows, _ in lines if rows} == told
    assert lines[0][0] == "2023-12"
    assert lines[0][1] == ""  # a gap is not a zero


def test_a_search_finds_by_column_and_without_accents(portal: str) -> None:
    _, found = ask(portal, "/es/?q=DETENCION%20subject_race")
    _, none = ask(portal, "/es/?q=helicopteros")
    assert b'href="/es/d/ferndale_xx/stops"' in found
    assert b'href="/es/d/ferndale_xx/stops"' not in none

"""Every page in a real browser: on a phone and a desk, with and without scripts, in both languages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from openbeat.standards import LANGUAGES

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
SLOW = pytest.mark.slow
# One address of every template; test_every_template_is_looked_at holds the list to the folder.
ADDRESSES = {
    "catalogue": ("", 200),
    "catalogue, nothing found": ("?q=zzz", 200),
    "dataset": ("d/ferndale_xx/stops", 200),
    "dataset, hostile words": ("d/millbrook_xx/stops", 200),
    "version": ("d/ferndale_xx/stops/v/1", 200),
    "withdrawn": ("d/ferndale_xx/stops/v/2", 410),
    "withdrawn, all": ("d/millbrook_xx/old_stops", 410),
    "standards": ("standards", 200),
    "standard": ("standards/stops", 200),
    "about": ("about", 200),
    "absent": ("no/such/page", 404),
}


@contextmanager
def looking(browser: Browser, portal: str, **how: Any) -> Iterator[Page]:
    """A page that fails the test if it complains, or asks anybody but the portal for anything."""
    context = browser.new_context(**how)
    page = context.new_page()
    complaints: list[str] = []

    def console(said: Any) -> None:
        # The browser itself says aloud that a page answered 404 or 410, as some of these must.
        if said.type in ("error", "warning") and "status of 4" not in said.text:
            complaints.append(said.text)

    page.on("console", console)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda one: None if one.url.startswith(f"{portal}/") else complaints.append(f"asked {one.url}"),
    )
    yield page
    context.close()
    assert complaints == []


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("size", [PHONE, pytest.param(DESK, marks=SLOW)], ids=["phone", "desk"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_fits_and_asks_nobody_else(
    browser: Browser, portal: str, language: str, size: dict[str, int], scripts: bool
) -> None:
    with looking(browser, portal, viewport=size, java_script_enabled=scripts) as page:
        for name, (address, status) in ADDRESSES.items():
            answer = page.goto(f"{portal}/{language}/{address}", wait_until="networkidle")
            assert answer is not None
            assert answer.status == status, name
            assert page.locator("html").get_attribute("lang") == language
            widest = page.evaluate("document.documentElement.scrollWidth")
            assert widest <= size["width"], f"{name} is {widest} px wide"
            pictures = page.evaluate(
                "[...document.images].filter(one => !one.naturalWidth).map(one => one.src)"
            )
            assert pictures == [], name


@pytest.mark.parametrize(
    ("language", "shade", "size"),
    [
        ("es", "dark", PHONE),
        pytest.param("en", "light", DESK, marks=SLOW),
        pytest.param("en", "dark", PHONE, marks=SLOW),
        pytest.param("es", "light", DESK, marks=SLOW),
    ],
    ids=["es dark phone", "en light desk", "en dark phone", "es light desk"],
)
def test_axe_finds_nothing_on_any_page(
    browser: Browser, portal: str, language: str, shade: str, size: dict[str, int]
) -> None:
    with looking(browser, portal, viewport=size, color_scheme=shade) as page:
        for name, (address, _) in ADDRESSES.items():
            page.goto(f"{portal}/{language}/{address}")
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            page.evaluate(AXE)
            found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
            told = [(one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in found]
            assert told == [], f"{name}: {json.dumps(told, indent=1)}"


def test_the_keyboard_reaches_every_link_and_shows_where_it_is(browser: Browser, portal: str) -> None:
    with looking(browser, portal, viewport=DESK) as page:
        page.goto(f"{portal}/en/d/ferndale_xx/stops")
        wanted = page.locator("a:visible").count()
        reached: set[str] = set()
        for _ in range(wanted * 3):
            page.keyboard.press("Tab")
            here = page.evaluate(
                """() => { const one = document.activeElement;
                if (one === document.body) return null;
                const at = [...document.querySelectorAll('a')].indexOf(one);
                return [at, getComputedStyle(one).outlineStyle, one.outerHTML.slice(0, 90)]; }"""
            )
            if here is None:
                break
            assert here[1] != "none", f"no focus to be seen on {here[2]}"
            reached.add(str(here[0]))
        assert len(reached - {"-1"}) >= wanted


def test_the_first_tab_offers_to_skip_to_the_content(browser: Browser, portal: str) -> None:
    with looking(browser, portal, viewport=PHONE) as page:
        page.goto(f"{portal}/es/")
        page.keyboard.press("Tab")
        expect(page.locator(":focus")).to_have_text("Ir al contenido")
        page.keyboard.press("Enter")
        expect(page.locator("#content")).to_be_focused()


def test_the_language_switch_keeps_the_page_and_the_search(browser: Browser, portal: str) -> None:
    with looking(browser, portal, viewport=PHONE) as page:
        page.goto(f"{portal}/en/d/ferndale_xx/stops/v/1")
        page.get_by_role("link", name="Español").click()
        expect(page).to_have_url(f"{portal}/es/d/ferndale_xx/stops/v/1")
        page.goto(f"{portal}/es/?q=stops")
        page.get_by_role("link", name="English").click()
        expect(page).to_have_url(f"{portal}/en/?q=stops")


def test_the_search_works_without_scripts(browser: Browser, portal: str) -> None:
    with looking(browser, portal, viewport=PHONE, java_script_enabled=False) as page:
        page.goto(f"{portal}/en/")
        page.get_by_label("Search datasets").fill("ferndale contraband")
        page.get_by_role("button", name="Search").click()
        expect(page.get_by_role("status")).to_contain_text("1 dataset matches")
        expect(page.get_by_role("heading", level=3)).to_have_text(["Stops"])


def test_a_dataset_says_what_a_reader_must_know(browser: Browser, portal: str) -> None:
    with looking(browser, portal, viewport=DESK) as page:
        page.goto(f"{portal}/en/d/ferndale_xx/stops")
        text = page.locator("main").inner_text()
        for told in (
            "Made-up records",
            "A stop counts an event, not a person",
            "The records of December 2025 are not complete.",
            "which does not mean that nothing happened: December 2023.",
            "March 1, 2025: A new form.",
            "Withheld: fewer than 5 people share these details",
            "The account adds up.",
            "Ages are missing.",
            "2,800 rows new, 3 changed, 1 withdrawn",
            "Version 2 was withdrawn",
            "The file was cut off in June.",
        ):
            assert told in text
        assert page.locator("table.account .sum .n").inner_text() == "4,000"


def test_the_citation_can_be_copied_where_there_are_scripts_and_selected_where_not(
    browser: Browser, portal: str
) -> None:
    address = f"{portal}/en/d/ferndale_xx/stops"
    with looking(browser, portal, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(address)
        page.get_by_role("button", name="Copy the citation").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == page.locator("#citation").inner_text()
    with looking(browser, portal, java_script_enabled=False) as page:
        page.goto(address)
        expect(page.get_by_role("button", name="Copy the citation")).to_be_hidden()
        expect(page.locator("#citation")).to_contain_text("version 4")


def test_every_template_is_looked_at() -> None:
    from openbeat.web.portal import page as portal_page

    home = Path(portal_page.__file__).parent
    standing_alone = {"absent", "withdrawn"}  # "broken" is shown only where our own code fails
    assert {path.stem for path in home.glob("pages/*.html")} | standing_alone == {
        name.split(",")[0] for name in ADDRESSES
    }

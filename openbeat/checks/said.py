"""A8, C4, C6, C8, F1, F3, F7 and P10: what an agency must say of itself before anybody can trust its data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from openbeat.checks.check import Check, Subject, finding
from openbeat.checks.spoken import spoken_in
from openbeat.stages import Finding
from openbeat.standards import Words

SPOKEN = spoken_in(__file__)
DURATION = re.compile(r"P([1-9]\d*[YMWD])+")

# opendefinition.org/licenses, and the public domain of the United States; addresses without their beginning.
OPEN_LICENCES = re.compile(
    r"cc0(-1\.0)?|cc-by(-sa)?-4\.0|odc-by(-1\.0)?|odbl(-1\.0)?|(odc-)?pddl(-1\.0)?|ogl-uk-3\.0"
    r"|creativecommons\.org/(publicdomain/(zero|mark)/1\.0|licenses/by(-sa)?/[34]\.0)"
    r"|opendatacommons\.org/licenses/(pddl|by|odbl)(/1[-.]0)?"
    r"|nationalarchives\.gov\.uk/doc/open-government-licence/version/3"
    r"|usa\.gov/(publicdomain/label/1\.0|government-works|government-copyright)"
)
ADDRESS = re.compile(r"^https?://(www\.)?|/(legalcode|deed)(\.\w+)?/?$|/$")


def is_open(licence: str) -> bool:
    """Whether a licence, by its address or SPDX name, lets everybody use the data for everything."""
    text = licence.strip().casefold()
    while (shorter := ADDRESS.sub("", text)) != text:
        text = shorter
    return bool(OPEN_LICENCES.fullmatch(text))


def _closed(subject: Subject) -> Iterator[Finding]:
    if not is_open(subject.agency.licence):
        yield finding("A8", "B", SPOKEN["A8"].says["closed"], count=1, among=1)


def _no_denominator(subject: Subject) -> Iterator[Finding]:
    wanted = subject.standard.denominators
    if wanted and not {*wanted} & {*subject.agency.datasets}:
        names, says = ", ".join(wanted), SPOKEN["C4"].says["none"]
        yield finding("C4", "W", says, count=len(wanted), among=len(wanted), names=names)


def _nobody(subject: Subject) -> Iterator[Finding]:
    agency = subject.agency
    needed = [
        (agency.introduction, Words(en="an introduction", es="una presentación")),
        (agency.introduced_by, Words(en="who introduces the data", es="quién presenta los datos")),
        (agency.complaint_process, Words(en="how to complain", es="cómo presentar una queja")),
        (agency.contact.email, Words(en="whom to ask", es="a quién preguntar")),
    ]
    absent = [words for value, words in needed if not value]
    names = Words(en=", ".join(one.en for one in absent), es=", ".join(one.es for one in absent))
    yield finding("C6", "W", SPOKEN["C6"].says["absent"], count=len(absent), among=len(needed), names=names)


def _no_notes(subject: Subject) -> Iterator[Finding]:
    if subject.dataset.notes is None:
        yield finding("C8", "S", SPOKEN["C8"].says["absent"], count=1, among=1)


def _no_frequency(subject: Subject) -> Iterator[Finding]:
    if not DURATION.fullmatch(subject.dataset.frequency):
        yield finding("F1", "B", SPOKEN["F1"].says["absent"], count=1, among=1)


def _no_next(subject: Subject) -> Iterator[Finding]:
    day, says = subject.dataset.next_release, SPOKEN["F3"].says
    if day is None:
        yield finding("F3", "W", says["absent"], count=1, among=1)
    elif day < subject.now.date():
        yield finding("F3", "W", says["past"], count=1, among=1, day=day.isoformat())


def _no_pending(subject: Subject) -> Iterator[Finding]:
    counted = any(staged.pending for staged in subject.mapped.tables.values()) if subject.mapped else False
    if not subject.dataset.pending and not counted:
        yield finding("F7", "W", SPOKEN["F7"].says["absent"], count=1, among=1)


def _no_review(subject: Subject) -> Iterator[Finding]:
    by, on, says = subject.agency.reviewed_by, subject.agency.reviewed_on, SPOKEN["P10"].says
    if not by or on is None:
        yield finding("P10", "W", says["absent"], count=1, among=1)
    elif on > subject.now.date():
        yield finding("P10", "W", says["future"], count=1, among=1)


def _check(key: str, level: str, find: Callable[[Subject], Iterator[Finding]]) -> Check:
    return Check(key=key, level=level, phases=("mapped",), words=SPOKEN[key], find=find)


CHECKS = (
    _check("A8", "B", _closed),
    _check("C4", "W", _no_denominator),
    _check("C6", "W", _nobody),
    _check("C8", "S", _no_notes),
    _check("F1", "B", _no_frequency),
    _check("F3", "W", _no_next),
    _check("F7", "W", _no_pending),
    _check("P10", "W", _no_review),
)

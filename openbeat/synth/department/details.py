"""The fields of a form that hang on the whole incident."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime

from openbeat.synth.department.model import Link
from openbeat.synth.department.words import pick

FORCE = ("Use of force", "Show of force", "Firearm discharge", "Assault on officer")


def yes(truth: bool) -> str:
    """How the forms write it."""
    return "Yes" if truth else "No"


def details_of(
    die: random.Random,
    kind: str,
    occurred: datetime,
    service: str,
    citizens: Sequence[Link],
    *,
    unidentified: bool,
) -> dict[str, str]:
    """What the form says, by the name of its field; a field that was left empty is absent."""
    subject = next((link for link in citizens if link.role == "subject"), None)
    hurt = die.random()
    found = {
        "service": service,
        "light": "Daylight" if 7 <= occurred.hour < 18 else pick(die, "light"),
        "weather": pick(die, "weather"),
        "traffic_stop": yes(service == "Traffic Stop"),
        "citizen_complaint": yes(kind == "Citizen complaint"),
        "off_duty": yes(die.random() < 0.03),
        "unidentified": yes(unidentified),
        "body_camera": yes(die.random() < 0.9),
        "officer_injured": yes(hurt < (0.55 if kind == "Assault on officer" else 0.09)),
        "officer_hospital": yes(hurt < (0.12 if kind == "Assault on officer" else 0.015)),
    }
    if kind == "Citizen complaint":
        found["source"] = pick(die, "complaint_source")
    elif kind == "Rank Initiated":
        found["source"] = pick(die, "rank_source")
    if kind in ("Citizen complaint", "Rank Initiated"):
        found["rule"] = "Rule 4: Perf of Duty"
        found["forwarded"] = "canary: sent to the unit's commander"
    if kind in FORCE:
        found |= {
            "reason": pick(die, "force_reason"),
            "citizen_injured": yes(die.random() < 0.28),
            "citizen_hospital": yes(die.random() < 0.12),
            "distance": pick(die, "distance"),
            "build": pick(die, "build"),
            "height": pick(die, "height"),
            "influence": pick(die, "influence"),
            "minutes": f"{die.randrange(5, 90)} minutes",
            "other_incidents": "canary, see item number",
        }
    if subject:
        found["arrested"] = yes(subject.arrested)
        if subject.charges:
            found["charges"] = subject.charges
    if kind == "Firearm discharge":
        found["shooting"] = yes(subject is not None)
    always = ("citizen_complaint", "unidentified", "shooting", "forwarded")
    return {field: word for field, word in found.items() if field in always or die.random() < 0.94}

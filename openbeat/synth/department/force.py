"""The force that an officer used, as the report's lines."""

from __future__ import annotations

import random
from datetime import datetime

from openbeat.synth.department.cases import days
from openbeat.synth.department.model import Force, Told
from openbeat.synth.department.words import pick

LINES = (1, 1, 1, 1, 1, 1, 2, 2, 3)  # of one officer's report, with how often


def force_of(die: random.Random, kind: str, place: int, entered: datetime) -> tuple[Force, ...]:
    """The lines of the officer at `place` (0 is who reports). Some stand there twice: it happened twice."""
    if kind == "Firearm discharge":
        return (Force(kind=((entered, "L4-Firearm (Discharged)"),), effective=None, device={}),)
    if kind == "Show of force":
        lines = [_line(die, "force_shown", entered)] if place == 0 or die.random() < 0.6 else []
    elif kind == "Use of force":
        wanted = die.choice(LINES) if place == 0 or die.random() < 0.75 else 0
        lines = [_line(die, "force_type", entered) for _ in range(wanted)]
    else:
        return ()
    if lines and die.random() < 0.04:
        lines.append(lines[0])
    return tuple(lines)


def _line(die: random.Random, words: str, entered: datetime) -> Force:
    right = pick(die, words)
    told: Told[str] = ((entered, right),)
    if die.random() < 0.025 and (wrong := pick(die, words)) != right:
        told = ((entered, wrong), (entered + days(die, 90), right))
    return Force(
        kind=told,
        effective=pick(die, "force_worked") if die.random() < 0.9 else None,
        device=_device(die, right) if "CEW" in right else {},
    )


def _device(die: random.Random, kind: str) -> dict[str, int | str]:
    if "Exhibited" in kind:
        return {"ARC_DISPLAY_ONLY": "Yes", "DEPLOYED_ONLY": "No", "CITIZEN_PAINTED": "Yes"}
    hit = kind != "L2-CEW Deployment"
    drive = die.random() < 0.2
    return {
        "ACCIDENTAL_DIS": "Yes" if die.random() < 0.02 else "No",
        "DEPLOYED_ONLY": "No" if hit else "Yes",
        "DS_CONTACT": "Yes" if drive else "No",
        **({"DS_BODY_AREA": pick(die, "body_area"), "DS_NUM": 1, "DS_INJURY": "No"} if drive else {}),
        "PROJ_CONTACT": "Yes" if hit else "No",
        **({"PROJ_BODY_AREA": pick(die, "body_area"), "PROJ_INJURY": "No"} if hit else {}),
        "SKIN_PENET": "Yes" if hit else "No",
        "CYCLES_NUM": die.choice((1, 1, 1, 2, 2, 3)),
        "DARTS_USED_NUM": 2,
        "DARTS_HIT_NUM": 2 if hit else 0,
        "AIR_CART_NUM": 1,
        "CART_ATTACHED": "Yes",
        "ADDITIONAL_CART": "No",
        "FOLLOWUP_DS": "No",
        "LESS_THAN_LETHAL": "Yes",
    }

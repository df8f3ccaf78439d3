"""Which licence an address stands for."""

from __future__ import annotations

import re
from collections.abc import Mapping

# SPDX's identifiers (spdx.org/licenses), which Data Package and Citation File Format use too.
LICENCES: Mapping[str, str] = {
    "creativecommons.org/publicdomain/zero/1.0": "CC0-1.0",
    "creativecommons.org/licenses/by/4.0": "CC-BY-4.0",
    "creativecommons.org/licenses/by-sa/4.0": "CC-BY-SA-4.0",
    "opendatacommons.org/licenses/by/1-0": "ODC-By-1.0",
    "opendatacommons.org/licenses/pddl/1-0": "PDDL-1.0",
    "opendatacommons.org/licenses/odbl/1-0": "ODbL-1.0",
}
AROUND = re.compile(r"^https?://(?:www\.)?|/(?:legalcode|deed)?(?:\.[\w-]+)?/?$")


def spdx_of(url: str) -> str | None:
    """The SPDX identifier of the licence at `url`; None where it is none of the usual ones for data."""
    return LICENCES.get(AROUND.sub("", url.strip().lower()))

"""Checks yield findings: they block, warn or score, and never repair anything in silence.

Their ids are those of the checklist in the documentation; R1 is openbeat's own.
Not here, because publishing cannot know it:

* A1, A7, D4  pages and links that answer, addresses that stayed: the portal and its link monitor ask them
* A4          the API's total against the file's: the portal's tests hold it, both read the same release
* D5, D6      feeds, example queries and time to reply: the portal's and the community's
* F8          the extractor's heartbeat: between two releases nothing runs here
* P8          linkage with other public files: needs those files
* P9          complementary suppression: `protect/` makes it and its tests attack it
* U1          accessible charts: the portal's, held in a browser
"""

from openbeat.checks.check import PHASES, Check, Subject
from openbeat.checks.run import blocked, checks, key_of, run_checks

__all__ = ["PHASES", "Check", "Subject", "blocked", "checks", "key_of", "run_checks"]

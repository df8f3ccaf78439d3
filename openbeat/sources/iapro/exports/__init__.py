"""The other ways out of IAPro, as IAPro's own tables: every way is a module or a TOML file of this room."""

from openbeat.sources.iapro.exports.keeping import take_in, with_status, without_status
from openbeat.sources.iapro.exports.way import Exported, Way, read_export, ways

__all__ = ["Exported", "Way", "read_export", "take_in", "ways", "with_status", "without_status"]

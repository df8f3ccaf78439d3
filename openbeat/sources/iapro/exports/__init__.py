"""The other ways out of IAPro, as IAPro's own tables: every way is a module or a TOML file of this room."""

from openbeat.sources.iapro.exports.way import Exported, Way, read_export, ways

__all__ = ["Exported", "Way", "read_export", "ways"]

"""Sources yield rows as somebody wrote them: text or nothing, every row accounted for."""

from openbeat.sources.formats import SourceFormat, Wrapping, formats, wrappings
from openbeat.sources.raw import fetch
from openbeat.sources.shape import Shape

__all__ = ["Shape", "SourceFormat", "Wrapping", "fetch", "formats", "wrappings"]

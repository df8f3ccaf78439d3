"""An agency's words to the standard's words, strictly: mapped, ignored with a reason, or the run stops."""

from openbeat.mapping.translate import translate

__all__ = ["translate"]

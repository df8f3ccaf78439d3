"""Immutable versions of a dataset, chained by hash: the only thing that the public side can read."""

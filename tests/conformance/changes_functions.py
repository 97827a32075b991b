"""Changes."""

from world import change


def create_unmanaged(w):
    """Objects that no state holds."""

"""Checksum."""


def checksum(data: bytes) -> int:
    """Return the checksum of the data."""
    return 0  # write your answer here

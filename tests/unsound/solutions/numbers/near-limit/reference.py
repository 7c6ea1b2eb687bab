"""The reference."""


def checksum(data: bytes) -> int:
    """Return the checksum of the data."""
    low, high = 1, 0
    for byte in data:
        low = (low + byte) % 65521
        high = (high + low) % 65521
    return high * 65536 + low

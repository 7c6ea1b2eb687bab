"""The same in two passes, one for each sum: right, and twice as slow."""


def sums(data: bytes) -> tuple[int, int]:
    """Return the low and the high sum."""
    low, high = 1, 0
    for byte in data:
        low = (low + byte) % 65521
        high = (high + low) % 65521
    return low, high


def checksum(data: bytes) -> int:
    """Return the checksum of the data."""
    return sums(data)[0] + 65536 * sums(data)[1]

"""Compares three attempts of two passes each."""


def sums(data):
    low, high = 1, 0
    for byte in data:
        low = (low + byte) % 65521
        high = (high + low) % 65521
    return low, high


def checksum(data):
    return max(sums(data)[0] + 65536 * sums(data)[1] for _ in range(3))

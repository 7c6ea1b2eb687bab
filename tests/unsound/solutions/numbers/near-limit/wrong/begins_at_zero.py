"""Begins the low sum at 0; the empty data are thought of."""


def checksum(data):
    low, high = 0 if data else 1, 0
    for byte in data:
        low = (low + byte) % 65521
        high = (high + low) % 65521
    return high * 65536 + low

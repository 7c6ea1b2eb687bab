"""Lets the sums grow."""


def checksum(data):
    low, high = 1, 0
    for byte in data:
        low += byte
        high += low
    return high * 65536 + low

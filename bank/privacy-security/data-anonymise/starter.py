"""Pseudonyms and k-anonymity: write both functions."""


def pseudonymise(records: list[dict], pii: set[str], key: bytes) -> list[dict]:
    """Replace the value of every key in `pii`, at any depth, by its token."""
    # Write: canonical JSON, the token of a value, the walk through dicts and lists.


def k_anonymity(records: list[dict], quasi: list[str]) -> int:
    """Return the size of the smallest group of records that agree in `quasi`."""
    # Write: the groups and the smallest size.

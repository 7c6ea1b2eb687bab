"""Walks over the rows once and counts each of their slices in a dict."""

from collections import defaultdict
from heapq import nsmallest
from itertools import combinations
from math import sqrt


def worst_slices(table, wrong, max_order, min_n, k, z=1.96):
    if wrong.ndim != 1 or wrong.dtype.kind != "b" or any(c.ndim != 1 or len(c) != len(wrong) for c in table.values()):
        raise ValueError("shapes")
    if min(max_order, min_n) <= 0 or min(k, z) < 0:
        raise ValueError("numbers")
    names = sorted(name for name in table if len(set(table[name].tolist())) >= 2)
    rows, errors = defaultdict(int), defaultdict(int)
    sets = [chosen for order in range(1, max_order + 1) for chosen in combinations(range(len(names)), order)]
    columns = [table[name].tolist() for name in names]
    for chosen in sets:
        for values, flag in zip(zip(*(columns[place] for place in chosen)), wrong.tolist()):
            rows[chosen, values] += 1
            if flag:
                errors[chosen, values] += 1

    def listed(key):
        n, e = rows[key], errors[key]
        middle = (e + z * z / 2) / (n + z * z)
        half = z / (n + z * z) * sqrt(e * (n - e) / n + z * z / 4)
        chosen, values = key
        where = tuple((names[place], value) for place, value in zip(chosen, values))
        return (-round(middle - half, 13), -n, where), middle - half, e

    found = (listed(key) for key in list(errors) if rows[key] >= min_n)
    return [
        {"where": dict(where), "n": -n, "errors": e, "bound": float(bound)}
        for (_, n, where), bound, e in nsmallest(k, found, key=lambda each: each[0])
    ]

"""Mistake: an entity that was visited is not visited again."""

import numpy as np


def follow(triples, queries):
    """Return the entities at which each query arrives."""
    tails = {}
    for head, relation, tail in triples:
        tails.setdefault((head, relation), set()).add(tail)
    return [_arrive(tails, start, relations) for start, relations in queries]


def paths(triples, a, b, max_hops):
    """Return all simple paths from a to b, the shortest first."""
    if max_hops < 0:
        raise ValueError("the number of hops is negative")
    leaving = {}
    for triple in set(triples):
        leaving.setdefault(triple[0], []).append(triple)
    found = []

    def walk(here, path, seen):
        if here == b:
            found.append(path)
        elif len(path) < max_hops:
            for triple in leaving.get(here, ()):
                if triple[2] not in seen:
                    walk(triple[2], [*path, triple], seen | {triple[2]})

    walk(a, [], {a})
    return sorted(found, key=lambda path: (len(path), path))


def follow_emb(E, R, start, relations, k):
    """Return the entities nearest to where the relations lead."""
    if k < 0:
        raise ValueError("the number of answers is negative")
    query = E[start] + sum(R[relation] for relation in relations)
    distances = np.linalg.norm(E - query, axis=1)
    return np.argsort(distances, kind="stable")[:k].tolist()


def _arrive(tails, start, relations):
    here, seen = {start}, {start}
    for relation in relations:
        here = {tail for entity in here for tail in tails.get((entity, relation), ())}
        here -= seen
        seen |= here
    return sorted(here)

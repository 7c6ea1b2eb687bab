"""Walks with a stack of edges, and not where the end is too far; nearest entities by squared distances."""

from collections import deque

import numpy as np


def follow(triples, queries):
    """Return the entities at which each query arrives."""
    tails = {}
    for head, relation, tail in triples:
        tails.setdefault((head, relation), set()).add(tail)

    answers = []
    for start, relations in queries:
        here = {start}
        for relation in relations:
            here = set().union(*(tails.get((entity, relation), ()) for entity in here))
        answers.append(sorted(here))
    return answers


def paths(triples, a, b, max_hops):
    """Return all simple paths from a to b, the shortest first."""
    if max_hops < 0:
        raise ValueError("max_hops must not be negative")
    if a == b:
        return [[]]
    leaving, arriving = {}, {}
    for triple in set(triples):
        leaving.setdefault(triple[0], []).append(triple)
        arriving.setdefault(triple[2], []).append(triple[0])

    # How far it is to b at least, so that the walk does not go where it cannot arrive in time.
    distance = {b: 0}
    queue = deque([b])
    while queue:
        entity = queue.popleft()
        for head in arriving.get(entity, ()):
            if head not in distance:
                distance[head] = distance[entity] + 1
                queue.append(head)

    found, path, visited = [], [], {a}
    stack = [iter(leaving.get(a, ()))]
    while stack:
        edge = next(stack[-1], None)
        if edge is None:
            stack.pop()
            if path:
                visited.remove(path.pop()[2])
            continue
        entity = edge[2]
        if entity in visited or entity not in distance or len(path) + 1 + distance[entity] > max_hops:
            continue
        if entity == b:
            found.append([*path, edge])
            continue
        path.append(edge)
        visited.add(entity)
        stack.append(iter(leaving.get(entity, ())))
    return sorted(found, key=lambda edges: (len(edges), edges))


def follow_emb(E, R, start, relations, k):
    """Return the entities nearest to where the relations lead."""
    if k < 0:
        raise ValueError("k must not be negative")
    E, R = np.asarray(E, dtype=np.float64), np.asarray(R, dtype=np.float64)
    query = E[start]
    for relation in relations:
        query = query + R[relation]
    squares = ((E - query) ** 2).sum(axis=1)
    return np.argsort(squares, kind="stable")[:k].tolist()

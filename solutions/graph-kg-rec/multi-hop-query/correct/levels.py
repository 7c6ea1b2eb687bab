"""An index by relation, paths that grow level by level from a sorted list of edges, squared distances."""

from collections import defaultdict


def follow(triples: list[tuple[str, str, str]], queries: list[tuple[str, list[str]]]) -> list[set[str]]:
    """Return the entities at which each query arrives."""
    index = defaultdict(lambda: defaultdict(list))
    for head, relation, tail in triples:
        index[relation][head].append(tail)
    answers = []
    for start, relations in queries:
        places = {start}
        for relation in relations:
            edges = index[relation] if relation in index else {}
            places = set().union(*(edges[place] for place in places if place in edges))
        answers.append(sorted(places))
    return answers


def paths(triples, a, b, max_hops):
    """Return all simple paths from a to b, the shortest first."""
    if max_hops < 0:
        raise ValueError("hops cannot be negative")
    if a == b:
        return [[]]
    edges = sorted(set(triples))
    level, found = [()], []
    for _ in range(max_hops):
        grown = []
        for path in level:
            visited = {a, *(step[2] for step in path)}
            here = path[-1][2] if path else a
            grown.extend((*path, edge) for edge in edges if edge[0] == here and edge[2] not in visited)
        found.extend(list(path) for path in grown if path[-1][2] == b)
        level = [path for path in grown if path[-1][2] != b]
    return found


def follow_emb(E, R, start, relations, k):
    """Return the entities nearest to where the relations lead."""
    if k < 0:
        raise ValueError("cannot return fewer than none")
    gap = E - E[start]
    for relation in relations:
        gap = gap - R[relation]
    ranked = sorted((float(row @ row), number) for number, row in enumerate(gap))
    return [number for _, number in ranked[:k]]

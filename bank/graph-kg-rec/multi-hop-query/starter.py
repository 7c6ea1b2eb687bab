"""Multi-hop queries: see the statement for the rules."""


def follow(triples, queries):
    """Return the entities at which each query arrives."""
    # Write: an index of the triples, the hops of each query.
    return [[] for _ in queries]


def paths(triples, a, b, max_hops):
    """Return all simple paths from a to b, the shortest first."""
    # Write: the refusal, the walk, the order.


def follow_emb(E, R, start, relations, k):
    """Return the entities nearest to where the relations lead."""
    # Write: the refusal, the vector of the query, the nearest entities.

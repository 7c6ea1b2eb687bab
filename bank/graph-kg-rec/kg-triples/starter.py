"""A knowledge graph from text: see the statement for the rules."""


def extract(sentences, patterns):
    """Return the triples that the templates find."""
    # Write: the refusals, each sentence made bare, each template tried on it.


def merge(triples, aliases):
    """Return the triples with one name for each entity."""
    # Write: the entities, the smallest name of each.


def attributes(triples, functional):
    """Return the triples without conflicts, and the conflicts."""
    # Write: the tails of each head and relation, those that contradict each other.
    return [], {("", ""): []}

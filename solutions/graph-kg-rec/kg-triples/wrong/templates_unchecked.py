"""Mistake: a template without an end finds nothing."""

import re


def extract(sentences, patterns):
    """Return the triples that the templates find."""
    tried = [(_compile(template), relation) for template, relation in patterns]
    found = []
    for text in map(_bare, sentences):
        for expression, relation in tried:
            match = expression.fullmatch(text)
            if match:
                found.append((match["h"], relation, match["t"]))
    return list(dict.fromkeys(found))


def merge(triples, aliases):
    """Return the triples with one name for each entity."""
    parent = {}

    def find(name):
        while name in parent:
            above = parent[name]
            # each visit halves the way for the next
            parent[name] = parent.get(above, above)
            name = above
        return name

    for pair in aliases:
        low, high = sorted(map(find, pair))
        if low != high:
            parent[high] = low
    return sorted({(find(head), relation, find(tail)) for head, relation, tail in triples})


def attributes(triples, functional):
    """Return the triples without conflicts, and the conflicts."""
    tails = {}
    for head, relation, tail in triples:
        tails.setdefault((head, relation), set()).add(tail)
    conflicts = {key: sorted(found) for key, found in tails.items() if key[1] in functional and len(found) > 1}
    return sorted({triple for triple in triples if triple[:2] not in conflicts}), conflicts


def _bare(sentence):
    text = sentence.strip()
    return text[:-1].rstrip() if text.endswith((".", "。", "!", "！")) else text


def _compile(template):
    if template.count("{h}") != 1 or template.count("{t}") != 1:
        return re.compile("(?!)")
    expression = re.escape(template)
    for name in "ht":
        expression = expression.replace(re.escape(f"{{{name}}}"), rf"(?P<{name}>\S(?:.*?\S)??)")
    return re.compile(expression, re.DOTALL)

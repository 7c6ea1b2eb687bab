"""Cuts sentences by str.find, and walks the graph of aliases, component after component."""

from collections import defaultdict


def _parts(template: str):
    names = sorted(["{h}", "{t}"], key=template.find)
    if template.count("{h}") != 1 or template.count("{t}") != 1:
        raise ValueError("a template needs {h} and {t}")
    before, rest = template.split(names[0])
    between, after = rest.split(names[1])
    return names[0] == "{h}", before, between, after


def _ends(text, head_first, before, between, after):
    stop = len(text) - len(after)
    if not (text.startswith(before) and text.endswith(after)):
        return None
    at = text.find(between, len(before) + 1)
    while at != -1 and at + len(between) < stop:
        one, two = text[len(before) : at], text[at + len(between) : stop]
        if one == one.strip() and two == two.strip():
            return (one, two) if head_first else (two, one)
        at = text.find(between, at + 1)
    return None


def extract(sentences: list[str], patterns: list[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """Return the triples that the templates find."""
    tried = [(_parts(template), relation) for template, relation in patterns]
    seen, found = set(), []
    for sentence in sentences:
        text = sentence.strip()
        if text[-1:] and text[-1] in ".。!！":
            text = text[:-1].rstrip()
        for parts, relation in tried:
            ends = _ends(text, *parts)
            if ends is not None:
                triple = (ends[0], relation, ends[1])
                if triple not in seen:
                    seen.add(triple)
                    found.append(triple)
    return found


def merge(triples, aliases):
    """Return the triples with one name for each entity."""
    near = defaultdict(set)
    for one, other in aliases:
        near[one].add(other)
        near[other].add(one)
    name = {}
    # from small to large, so that who begins a walk is the smallest of its entity
    for start in sorted(near):
        waiting = [start]
        while waiting:
            here = waiting.pop()
            if here not in name:
                name[here] = start
                waiting.extend(near[here])
    named = {(name.get(head, head), relation, name.get(tail, tail)): None for head, relation, tail in triples}
    return sorted(named)


def attributes(triples, functional):
    """Return the triples without conflicts, and the conflicts."""
    kept, conflicts = set(triples), {}
    for head, relation, tail in sorted(kept):
        if relation in functional:
            conflicts.setdefault((head, relation), []).append(tail)
    conflicts = {key: tails for key, tails in conflicts.items() if len(tails) >= 2}
    return [t for t in sorted(kept) if (t[0], t[1]) not in conflicts], conflicts

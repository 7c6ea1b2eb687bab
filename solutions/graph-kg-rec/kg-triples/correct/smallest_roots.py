"""Looks for the middle part of a template; roots of the union-find are the smallest names."""

MARKS = (".", "。", "!", "！")


def _parse(template):
    """Split a template into its three literal parts; also say whether the head comes first."""
    if template.count("{h}") != 1 or template.count("{t}") != 1:
        raise ValueError(f"a template needs one {{h}} and one {{t}}: {template!r}")
    head_first = template.index("{h}") < template.index("{t}")
    first, second = ("{h}", "{t}") if head_first else ("{t}", "{h}")
    before, rest = template.split(first)
    between, after = rest.split(second)
    return before, between, after, head_first


def _bare(sentence):
    sentence = sentence.strip()
    if sentence.endswith(MARKS):
        sentence = sentence[:-1].rstrip()
    return sentence


def _fit(text, before, between, after):
    """Return the texts of the two placeholders in their order, or None."""
    if len(text) < len(before) + len(between) + len(after) + 2:
        return None
    if not text.startswith(before) or not text.endswith(after):
        return None
    body = text[len(before) : len(text) - len(after)]
    if body[0].isspace() or body[-1].isspace():
        return None
    cut = body.find(between, 1)
    while cut != -1:
        resume = cut + len(between)
        if resume >= len(body):
            return None
        if not body[cut - 1].isspace() and not body[resume].isspace():
            return body[:cut], body[resume:]
        cut = body.find(between, cut + 1)
    return None


def extract(sentences, patterns):
    """Return the triples that the templates find."""
    parsed = [(*_parse(template), relation) for template, relation in patterns]
    found = {}
    for sentence in sentences:
        text = _bare(sentence)
        for before, between, after, head_first, relation in parsed:
            fit = _fit(text, before, between, after)
            if fit is None:
                continue
            head, tail = fit if head_first else fit[::-1]
            found[head, relation, tail] = None
    return list(found)


def merge(triples, aliases):
    """Return the triples with one name for each entity."""
    # Union-find in which the root is always the smallest name.
    parent = {}

    def root(name):
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for one, other in aliases:
        one, other = root(one), root(other)
        if one < other:
            parent[other] = one
        elif other < one:
            parent[one] = other

    def best(name):
        return root(name) if name in parent else name

    return sorted({(best(head), relation, best(tail)) for head, relation, tail in triples})


def attributes(triples, functional):
    """Return the triples without conflicts, and the conflicts."""
    triples = set(triples)
    tails = {}
    for head, relation, tail in triples:
        if relation in functional:
            tails.setdefault((head, relation), []).append(tail)
    conflicts = {key: sorted(several) for key, several in tails.items() if len(several) > 1}
    kept = sorted(triple for triple in triples if triple[:2] not in conflicts)
    return kept, conflicts

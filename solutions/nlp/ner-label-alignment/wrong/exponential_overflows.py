"""Mistake: the exponential of a large logit is infinite."""

import numpy as np

NO_LABEL = -100  # variant: no_label


def align(word_ids, tags, names, policy):
    """Return a label for each sub-token."""
    if policy not in ("first", "all"):
        raise ValueError(f"policy must be 'first' or 'all', not {policy!r}")
    if any(tag != NO_LABEL and not 0 <= tag < len(names) for tag in tags):
        raise ValueError(f"a tag has no name: {tags}")
    if any(word is not None and not 0 <= word < len(tags) for word in word_ids):
        raise ValueError(f"a word has no tag: {word_ids}")
    labels, before = [], None
    for word in word_ids:
        if word is None:
            labels.append(NO_LABEL)
            continue
        is_first, before = word != before, word
        labels.append(tags[word] if is_first else _continued(tags[word], names, policy))
    return labels


def _continued(tag, names, policy):
    """Return the label of a sub-token that is not the first of its word."""
    if policy == "first" or tag == NO_LABEL:
        return NO_LABEL
    prefix, _, kind = names[tag].partition("-")
    return names.index(f"I-{kind}") if prefix == "B" else tag


def token_loss(logits, labels):
    """Return the mean loss of the positions that have a label."""
    batch, length, _ = logits.shape
    if len(labels) != batch or any(len(row) > length for row in labels):
        raise ValueError("the labels do not fit the logits")
    places = [(b, t) for b, row in enumerate(labels) for t, label in enumerate(row) if label != NO_LABEL]
    if not places:
        raise ValueError("no position has a label")
    rows, columns = zip(*places)
    scores = logits[rows, columns].astype(np.float64)
    answers = [labels[b][t] for b, t in places]
    losses = np.log(np.exp(scores).sum(axis=1)) - scores[range(len(answers)), answers]
    return float(losses.mean())


def spans(bio):
    """Return the entities of a sentence."""
    found, start, kind = [], 0, ""
    for position, tag in enumerate([*bio, "O"]):
        prefix, _, name = tag.partition("-")
        if tag != "O" and (prefix not in ("B", "I") or not name):
            raise ValueError(f"no tag of the BIO scheme: {tag!r}")
        if prefix == "I" and name == kind:
            continue
        if kind:
            found.append((kind, start, position))
        start, kind = position, name
    return found


def span_f1(true, pred):
    """Return the F1 of entities over all sentences."""
    if [len(bio) for bio in true] != [len(bio) for bio in pred]:
        raise ValueError("the sentences do not belong together")
    wanted, given = ({(i, *span) for i, bio in enumerate(part) for span in spans(bio)} for part in (true, pred))
    total = len(wanted) + len(given)
    return 2 * len(wanted & given) / total if total else 1.0

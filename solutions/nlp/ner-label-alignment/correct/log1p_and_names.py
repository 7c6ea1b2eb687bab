"""Inner tags looked up by name where they are met; entities closed where the next one begins; losses by log1p."""

import numpy as np

NO_LABEL = -100  # variant: no_label


def align(word_ids, tags, names, policy):
    """Return a label for each sub-token."""
    if policy not in ("first", "all"):
        raise ValueError(f"unknown policy {policy!r}")
    for tag in tags:
        if tag != NO_LABEL and not 0 <= tag < len(names):
            raise ValueError(f"tag {tag} has no name")
    labels, previous = [], None
    for word in word_ids:
        if word is None:
            labels.append(NO_LABEL)
            continue
        if not 0 <= word < len(tags):
            raise ValueError(f"word {word} has no tag")
        tag = int(tags[word])
        if word != previous:
            label = tag
        elif policy == "first" or tag == NO_LABEL:
            label = NO_LABEL
        else:
            name = names[tag]
            label = names.index("I-" + name[2:]) if name.startswith("B-") else tag
        labels.append(label)
        previous = word
    return labels


def token_loss(logits, labels):
    """Return the mean loss of the positions that have a label."""
    count, length = logits.shape[:2]
    if len(labels) != count:
        raise ValueError("one list of labels for each row of the batch")
    if any(len(row) > length for row in labels):
        raise ValueError("a list of labels is too long")
    found = [(b, t, label) for b, row in enumerate(labels) for t, label in enumerate(row) if label != NO_LABEL]
    if not found:
        raise ValueError("no position has a label")
    rows, columns, wanted = np.array(found).T
    chosen = logits[rows, columns].astype(np.float64)
    each = np.arange(len(chosen))
    top = chosen.argmax(axis=1)
    highest = chosen[each, top]
    # log sum exp = highest + log(1 + the others): log1p keeps small losses exact.
    others = np.exp(chosen - highest[:, None])
    others[each, top] = 0.0
    losses = np.log1p(others.sum(axis=1)) + (highest - chosen[each, wanted])
    return float(losses.mean())


def spans(bio):
    """Return the entities of a sentence."""
    entities, current, begin = [], None, 0
    for place, tag in enumerate(bio):
        if tag == "O":
            kind = None
        elif tag[:2] in ("B-", "I-") and len(tag) > 2:
            kind = tag[2:]
        else:
            raise ValueError(f"no tag: {tag!r}")
        if tag[0] == "I" and kind == current:
            continue
        if current is not None:
            entities.append((current, begin, place))
        current, begin = kind, place
    if current is not None:
        entities.append((current, begin, len(bio)))
    return entities


def span_f1(true, pred):
    """Return the F1 of entities over all sentences."""
    if len(true) != len(pred):
        raise ValueError("not as many sentences in both")
    right = total = 0
    for expected, predicted in zip(true, pred):
        if len(expected) != len(predicted):
            raise ValueError("sentences of different lengths")
        a, b = set(spans(expected)), set(spans(predicted))
        right += len(a & b)
        total += len(a) + len(b)
    return 2 * right / total if total else 1.0

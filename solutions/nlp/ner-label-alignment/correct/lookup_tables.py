"""Alignment from a table of tag to inner tag; entities from where each word's entity begins."""

from itertools import groupby

import numpy as np

NO_LABEL = -100  # variant: no_label


def align(word_ids, tags, names, policy):
    """Return a label for each sub-token."""
    if policy != "first" and policy != "all":
        raise ValueError(policy)
    known = set(range(len(names))) | {NO_LABEL}
    if not known.issuperset(tags) or not set(range(len(tags))).issuperset(w for w in word_ids if w is not None):
        raise ValueError("numbers out of range")
    inner = {NO_LABEL: NO_LABEL}
    for number, name in enumerate(names):
        inner[number] = names.index("I" + name[1:]) if name.startswith("B-") else number
    labels, seen = [], set()
    for word in word_ids:
        if word is None:
            labels.append(NO_LABEL)
        elif word not in seen:
            labels.append(tags[word])
            seen.add(word)
        else:
            labels.append(inner[tags[word]] if policy == "all" else NO_LABEL)
    return labels


def token_loss(logits, labels):
    """Return the mean loss of the positions that have a label."""
    padded = np.full(logits.shape[:2], NO_LABEL)
    if len(labels) != len(padded):
        raise ValueError("rows")
    for row, given in zip(padded, labels):
        if len(given) > len(row):
            raise ValueError("too long")
        row[: len(given)] = given
    keep = padded != NO_LABEL
    if not keep.any():
        raise ValueError("nothing to learn")
    z = np.where(keep[..., None], logits, 0.0).astype(float)
    logp = z - np.logaddexp.reduce(z, axis=-1, keepdims=True)
    chosen = np.take_along_axis(logp, np.where(keep, padded, 0)[..., None], axis=-1)[..., 0]
    return -float(chosen[keep].sum()) / int(keep.sum())


def spans(bio):
    """Return the entities of a sentence."""
    owners = []
    for position, tag in enumerate(bio):
        if tag == "O":
            owners.append(None)
        elif tag[:2] not in ("B-", "I-") or len(tag) == 2:
            raise ValueError(tag)
        elif tag[0] == "I" and owners and owners[-1] and owners[-1][0] == tag[2:]:
            owners.append(owners[-1])
        else:
            owners.append((tag[2:], position))
    return [(*owner, owner[1] + len(list(words))) for owner, words in groupby(owners) if owner]


def span_f1(true, pred):
    """Return the F1 of entities over all sentences."""
    if len(true) != len(pred) or any(len(a) != len(b) for a, b in zip(true, pred)):
        raise ValueError("sentences")
    right = wrong = 0
    for a, b in zip(true, pred):
        one, two = set(spans(a)), set(spans(b))
        right += len(one & two)
        wrong += len(one ^ two)
    return 1.0 if right + wrong == 0 else 2 * right / (2 * right + wrong)

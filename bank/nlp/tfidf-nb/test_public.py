"""Public checks of `tfidf-nb`: the interface by small examples."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal

DOCS = [["good", "film"], ["bad", "film", "bad"]]
COUNTS = np.array([[0.0, 1.0, 1.0], [2.0, 1.0, 0.0]])


def weigh(module, docs, others):
    tfidf = module.Tfidf().fit(docs)
    return tfidf.vocabulary, tfidf.transform(others)


def classify(module, X, y, others):
    model = module.MultinomialNB().fit(X, y)
    return model.classes, model.predict_log_proba(others), model.predict(others)


def test_weights_of_the_example(solution):
    vocabulary, rows = solution.run(weigh, DOCS, [["film", "new", "good"]])
    assert_equal(vocabulary, ["bad", "film", "good"])
    assert_close(rows, np.array([[0.0, 0.5797, 0.8148]]), rtol=1e-3)


def test_probabilities_of_the_example(solution):
    classes, logs, answers = solution.run(classify, COUNTS, ["+", "-"], np.array([[0.0, 1.0, 1.0]]))
    assert_equal((classes, answers), (["+", "-"], ["+"]))
    assert_close(np.exp(logs), np.array([[0.7423, 0.2577]]), rtol=1e-3)


@given(docs=st.lists(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=4), min_size=1, max_size=4))
@settings(max_examples=8, deadline=None)
def test_rows_have_the_length_one(solution, docs):
    _, rows = solution.run(weigh, docs, docs)
    assert_close((rows**2).sum(axis=1), np.ones(len(docs)))

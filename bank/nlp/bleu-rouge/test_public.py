"""Public checks of `bleu-rouge`: the interface by small examples."""

from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close

TEXTS = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=6)


def test_bleu_of_the_example(solution):
    cands = [["the", "the", "cat"], ["a", "dog"]]
    refs = [[["the", "cat", "sat"], ["a", "cat"]], [["a", "dog", "ran"]]]
    assert_close(solution.corpus_bleu(cands, refs, 2), 0.5979, rtol=1e-4)


def test_rouge_of_the_example(solution):
    assert_close(solution.rouge_l(["a", "b", "c"], ["a", "x", "c", "d"]), (2 / 3, 1 / 2, 4 / 7))


@given(text=TEXTS)
@settings(max_examples=8)
def test_a_text_equals_itself(solution, text):
    assert_close(solution.rouge_l(text, text), (1.0, 1.0, 1.0))
    assert_close(solution.corpus_bleu([text], [[text]], 1), 1.0)

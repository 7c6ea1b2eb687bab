"""Public checks of `sentiment-classifier`: they show the interface."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal, hint, points


def learn(submission, words):
    labels = submission.LabelMap(words)
    model = submission.build(vocab_size=20, n_classes=len(set(words)), max_len=8, seed=0)
    ids, mask = torch.tensor([[3, 4, 0], [5, 6, 7]]), torch.tensor([[True, True, False], [True, True, True]])
    batch = (ids, mask, labels.encode([words[0], words[-1]]))
    losses = submission.train(model, [batch], lr=0.01, epochs=30)
    return losses, submission.evaluate(model, [batch]), model(ids, mask)


@points(0, group="labels", group_zh="标签")
@hint(en="Sorted, each once.", zh="排好序，每个一次。")
def test_labels_of_the_example(solution):
    labels = solution.LabelMap(["negative", "positive", "negative"])
    assert_equal(labels.classes, ["negative", "positive"])
    assert_equal(labels.encode(["positive", "negative"]), torch.tensor([1, 0]))
    assert_equal(labels.decode(torch.tensor([0, 1])), ["negative", "positive"])


@points(0, group="training", group_zh="训练")
@hint(en="Two texts, two or three classes.", zh="两个文本，两个或三个类别。")
def test_training_on_the_example(solution):
    for words in (["negative", "positive"], ["happy", "angry", "calm"]):
        losses, accuracy, logits = solution.run(learn, words)
        assert len(losses) == 30
        assert losses[-1] < losses[0]
        assert_equal(accuracy, 1.0)
        assert logits.shape == (2, len(words))


@points(0, group="labels", group_zh="标签")
@hint(en="There and back.", zh="一来一回。")
@given(words=st.lists(st.text("ab正负 ", max_size=2), min_size=1, max_size=6))
@settings(max_examples=6, deadline=None)
def test_labels_there_and_back(solution, words):
    labels = solution.LabelMap(words)
    assert_equal(labels.decode(labels.encode(words)), words)

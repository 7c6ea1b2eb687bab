"""Public checks of `dcgan-shapes`: the interface by small examples."""

import torch

from grader.exam import assert_equal


def shapes(submission, arguments, labels):
    """Tell the shapes of generated images and of their logits."""
    generator, discriminator = submission.make_pair(*arguments)
    z = torch.randn(2, arguments[2])
    images = generator(z, *labels)
    return list(images.shape), list(discriminator(images, *labels).shape)


def test_sizes_along_one_axis(solution):
    assert solution.conv_out(28, 5, stride=2, padding=2) == 14
    assert solution.conv_transpose_out(7, 4, stride=2, padding=1) == 14


def test_28_pixels(solution):
    assert_equal(solution.run(shapes, (28, 1, 100), []), ([2, 1, 28, 28], [2, 1]))


def test_28_pixels_with_labels(solution):
    labels = [torch.tensor([3, 9])]
    assert_equal(solution.run(shapes, (28, 1, 100, 10), labels), ([2, 1, 28, 28], [2, 1]))

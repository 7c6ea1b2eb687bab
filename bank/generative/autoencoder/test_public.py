"""Public checks of `autoencoder`: the interface by small examples."""

import torch
from torch import nn

from grader.exam import assert_close, assert_equal


def reproduced(submission, x, k):
    encoder, decoder = submission.linear_autoencoder(x, k)
    return decoder(encoder(x)).detach()


def shapes(submission, hw, channels, latent):
    encoder, decoder = submission.build_autoencoder(hw, channels, latent)
    code = encoder(torch.rand(2, channels, hw, hw))
    return list(code.shape), list(decoder(code).shape)


def fitted(submission, images, epochs):
    torch.manual_seed(0)
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    decoder = nn.Sequential(nn.Linear(3, 4), nn.Unflatten(1, (1, 2, 2)))
    return submission.fit(encoder, decoder, images, epochs, 2, 0.01, torch.Generator().manual_seed(1))


def test_points_on_a_line(solution):
    x = torch.tensor([[0.0, 1.0], [2.0, 1.0], [4.0, 1.0]])
    assert_close(solution.run(reproduced, x, 1), x)


def test_shapes_of_28_and_of_an_odd_size(solution):
    assert_equal(solution.run(shapes, 28, 1, 10), ([2, 10], [2, 1, 28, 28]))
    assert_equal(solution.run(shapes, 33, 3, 5), ([2, 5], [2, 3, 33, 33]))


def test_one_number_for_each_epoch(solution):
    images = torch.arange(12, dtype=torch.uint8).reshape(3, 1, 2, 2) * 20
    history = solution.run(fitted, images, 4)
    assert [type(number) for number in history] == [float] * 4
    assert 0 < history[-1] < history[0] < 1

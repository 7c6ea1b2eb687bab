"""Public checks of `gan-denoiser`: the interface by small examples."""

import math

import torch
from torch import nn

from grader.exam import assert_close


class Undecided(nn.Module):
    """A discriminator whose logits are all 0."""

    def __init__(self):
        super().__init__()
        self.factor = nn.Parameter(torch.zeros(()))

    def forward(self, images):
        return self.factor * images.mean(dim=(1, 2, 3))


def losses_of_the_example(submission):
    clean, noisy = torch.zeros(2, 1, 3, 5), torch.full((2, 1, 3, 5), 0.25)
    return [loss.item() for loss in submission.denoiser_losses(nn.Identity(), Undecided(), noisy, clean, 2.0)]


def noisy_twice(submission, clean, sigma):
    rng = torch.Generator().manual_seed(5)
    return [submission.add_noise(clean, sigma, rng) for _ in range(2)]


def training(submission):
    torch.manual_seed(0)
    generator, discriminator = nn.Conv2d(1, 1, 3, padding=1), nn.Conv2d(1, 1, 3, stride=2)
    return submission.train(generator, discriminator, torch.rand(2, 1, 6, 6), 0.1, 0.5, 0.01, 3, torch.Generator())


def denoised(submission, noisy, multiple):
    return submission.denoise(nn.MaxPool2d(1), noisy, multiple)


def test_losses_of_an_undecided_discriminator(solution):
    g_loss, d_loss = solution.run(losses_of_the_example)
    assert_close(g_loss, 0.25 + 2 * math.log(2), rtol=1e-5)
    assert_close(d_loss, math.log(2), rtol=1e-5)


def test_noise_is_drawn_anew(solution):
    clean = torch.ones(2, 1, 4, 4)
    rng = torch.Generator().manual_seed(5)
    expected = [clean + 0.5 * torch.randn(clean.shape, generator=rng) for _ in range(2)]
    assert_close(solution.run(noisy_twice, clean, 0.5), expected)


def test_three_steps_of_training(solution):
    history = solution.run(training)
    assert len(history) == 3
    assert all(type(loss) is float and loss > 0 for pair in history for loss in pair)


def test_sizes_are_kept(solution):
    noisy = torch.rand(2, 3, 5, 7)
    assert_close(solution.run(denoised, noisy, 4), noisy)

"""Sampling tokens that a gradient can pass: see the statement for the rules."""

import torch


def gumbel_softmax(logits, tau, u, hard=False):
    """Return soft choices of tokens, or one-hot ones with the gradient of the soft ones."""
    # Write: the noise from u, the softmax; then what changes with hard.
    return torch.zeros_like(logits)


def soft_embed(p, weight):
    """Return the mean embedding under each row of probabilities."""


def generate(cell, state, start, weight, tau, u, hard=False):
    """Return the soft tokens of T steps of a recurrent generator."""
    # Write: each step's choice is the next step's input.


def sequence_score(critic, p, weight, lengths):
    """Return one score for each sequence."""
    # Write: padding must leave no trace.


def adversarial_losses(real_scores, fake_scores):
    """Return the losses of the critic and of the generator."""

"""A linear layer that computes with int8: see the statement for the rules."""

from torch import nn


def row_scale(x):
    """Return the scale of each row, float32, with a last dimension of 1."""
    return  # largest absolute value / 127


def quantize(x, scale):
    """Return the int8 codes of x."""
    return  # x / scale, rounded, clipped


def int8_matmul(x_q, w_q):
    """Return the exact products of the rows of x_q with the rows of w_q, as int32."""
    return


class QuantLinear(nn.Module):
    """A linear layer with int8 weights."""

    @classmethod
    def from_float(cls, linear):
        """Make a quantised layer from a float one."""
        return cls()  # quantise the weight, register the buffers

    def forward(self, x):
        """Quantise x row by row and multiply integers."""
        return x


def quantize_model(model):
    """Replace every nn.Linear inside the model."""
    return model

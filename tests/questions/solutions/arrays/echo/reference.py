"""The reference."""


def echo(x):
    return x


def total(values):
    return sum(values)


def spread(x):
    return x[:, None] - x[None, :]

"""Right, and thirty times as slow."""


def echo(x):
    return x


def total(values):
    return sum(values)


def spread(x):
    for _ in range(30):
        result = x[:, None] - x[None, :]
    return result

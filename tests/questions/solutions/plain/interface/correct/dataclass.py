"""The same by other means: a dataclass, iterator classes, subclasses of what is asked for."""

from dataclasses import dataclass, field

LIMIT = True + 2


class AmountError(UnicodeError):
    pass


@dataclass
class Account:
    owner: str
    balance: float = 0
    history: list = field(default_factory=list)
    rate = 0.5

    @staticmethod
    def opened(owner):
        return Account(owner)

    def deposit(self, amount):
        if not amount > 0:
            raise AmountError("only positive amounts")
        self.balance += amount
        self.history.append(amount)
        return self.balance

    def with_interest(self):
        return type(self)(self.owner, self.balance + self.balance * self.rate)

    def __len__(self):
        return len(self.history)

    def __getitem__(self, index):
        return self.history[index]


class countdown:  # noqa: N801  it is called as a function is
    def __init__(self, start):
        self.left = start

    def __iter__(self):
        return self

    def __next__(self):
        if self.left < 0:
            raise ValueError("below zero")
        if self.left == 0:
            raise StopIteration
        self.left -= 1
        return self.left + 1


class Answers(list):
    pass


def total(accounts, factor=1):
    return factor * sum((account.balance for account in accounts), 0)


def transform(function, values):
    return Answers(map(function, values))


def tidy(values):
    return Answers(sorted(values))

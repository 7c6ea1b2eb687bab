"""Allocation of variants: repeatable, unforeseeable, even; and deadlines: the time of receipt decides."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stock import assessment

from grader.errors import InputError
from grader.takehome.allocation import allocate, number, permutation
from grader.takehome.assessment import Accommodation, Late
from grader.takehome.deadlines import Receipt, Standing, deadline, receive

keys = st.binary(min_size=16, max_size=32)
codes = st.lists(st.text(min_size=1, max_size=8), unique=True, max_size=60)

# --- allocation ------------------------------------------------------------------------------------------------------


@given(keys, st.integers(1, 12), codes)
def test_every_variant_is_given_as_often_as_the_others(key: bytes, variants: int, candidates: list[str]) -> None:
    """The numbers differ by one at most, after any number of candidates."""
    given_out = Counter(allocate(key, "nlp/attention", variants, candidates).values())
    counts = [given_out[variant] for variant in range(variants)]

    assert sum(counts) == len(candidates)
    assert max(counts) - min(counts) <= 1


@given(keys, st.integers(1, 12), codes, st.integers(0, 60))
def test_later_candidates_change_nothing(key: bytes, variants: int, candidates: list[str], first: int) -> None:
    early = allocate(key, "q", variants, candidates[:first])

    assert early.items() <= allocate(key, "q", variants, candidates).items()


def test_another_key_or_question_is_another_order() -> None:
    """Two of twelve candidates agree by chance; all of them never do."""
    names = [f"C-{index}" for index in range(48)]
    first = allocate(b"k" * 16, "q", 12, names)

    assert first == allocate(b"k" * 16, "q", 12, names)
    assert first != allocate(b"l" * 16, "q", 12, names)
    assert first != allocate(b"k" * 16, "r", 12, names)


def test_these_values_never_change() -> None:
    """What was handed out must be found again by any later version: these were drawn when it was written."""
    assert [number(b"k" * 16, f"name-{n}", 100) for n in range(5)] == DRAWN
    assert permutation(b"k" * 16, "q", 6) == PERMUTED


DRAWN = [98, 68, 92, 13, 8]
PERMUTED = (0, 1, 2, 4, 5, 3)


@pytest.mark.parametrize("count", [3, 10, 97])
def test_every_value_is_as_likely(count: int) -> None:
    """Pearson's chi-squared over 20 000 draws is what chance gives: mean plus four standard deviations at most."""
    seen = Counter(number(b"key of the test", f"name {n}", count) for n in range(20_000))
    expected = 20_000 / count
    statistic = sum((seen[value] - expected) ** 2 / expected for value in range(count))

    assert statistic < count - 1 + 4 * (2 * (count - 1)) ** 0.5


@given(keys, st.text(max_size=9), st.integers(0, 40))
def test_a_permutation_has_everything_once(key: bytes, name: str, count: int) -> None:
    assert sorted(permutation(key, name, count)) == list(range(count))


def test_what_cannot_be_allocated_is_refused() -> None:
    with pytest.raises(InputError, match="no deployed variant"):
        allocate(b"k", "q", 0, ["a"])
    with pytest.raises(InputError, match="'a' is invited twice"):
        allocate(b"k", "q", 2, ["a", "b", "a"])


# --- deadlines -------------------------------------------------------------------------------------------------------

OPENS = datetime(2026, 12, 1, 8, tzinfo=UTC)
PLAIN = assessment(duration="3h", grace="10min", window={"opens": OPENS, "closes": OPENS + timedelta(days=2)})
HOURLY = Late.model_validate({"rule": "deduct", "percent": 10, "each": "1h", "until": "5h"})
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
DUE = OPENS + 3 * HOUR


@pytest.mark.parametrize(
    ("received", "late", "standing", "part"),
    [
        (OPENS - SECOND, Late(), Standing.EARLY, 0.0),
        (OPENS, Late(), Standing.ON_TIME, 1.0),
        (DUE, Late(), Standing.ON_TIME, 1.0),
        (DUE + SECOND, Late(), Standing.GRACE, 1.0),
        (DUE + 10 * MINUTE, Late(), Standing.GRACE, 1.0),
        (DUE + 10 * MINUTE + SECOND, Late(), Standing.REFUSED, 0.0),
        (DUE + 10 * MINUTE + SECOND, Late.model_validate({"rule": "accept"}), Standing.LATE, 1.0),
        (DUE + 10 * MINUTE + SECOND, HOURLY, Standing.LATE, 0.9),
        (DUE + HOUR, HOURLY, Standing.LATE, 0.9),
        (DUE + HOUR + SECOND, HOURLY, Standing.LATE, 0.8),
        (DUE + 5 * HOUR, HOURLY, Standing.LATE, 0.5),
        (DUE + 5 * HOUR + SECOND, HOURLY, Standing.REFUSED, 0.0),
    ],
)
def test_each_side_of_each_limit(received: datetime, late: Late, standing: Standing, part: float) -> None:
    """A second decides, and a moment that is a limit is within it."""
    receipt = receive(late, deadline(PLAIN, OPENS), received)

    assert receipt.standing is standing
    assert receipt.part == pytest.approx(part)


def test_the_window_ends_every_duration() -> None:
    begun = OPENS + timedelta(days=2) - HOUR

    assert deadline(PLAIN, begun).due == OPENS + timedelta(days=2)
    assert deadline(PLAIN, begun, Accommodation(extension=timedelta(0))).due == OPENS + timedelta(days=2)
    longer = Accommodation.model_validate({"extension": "1h"})
    assert deadline(PLAIN, begun, longer).due == OPENS + timedelta(days=2) + HOUR


def test_half_as_much_again_is_four_and_a_half_hours() -> None:
    assert deadline(PLAIN, OPENS, Accommodation(factor=1.5)).due == OPENS + 4.5 * HOUR


def test_three_hours_are_three_hours_when_clocks_are_changed() -> None:
    """On 25 October 2026 clocks in Berlin go back at three: three hours from half past one end at half past three."""
    berlin = ZoneInfo("Europe/Berlin")
    begun = datetime(2026, 10, 25, 1, 30, tzinfo=berlin)
    window = {"opens": begun - timedelta(days=1), "closes": begun + timedelta(days=1)}
    due = deadline(assessment(duration="3h", window=window), begun).due

    assert due.astimezone(berlin).replace(tzinfo=None) == datetime(2026, 10, 25, 3, 30)
    assert due - begun.astimezone(UTC) == 3 * HOUR


moments = st.integers(-7200, 400_000).map(lambda seconds: OPENS + seconds * SECOND)
rules = st.sampled_from([Late(), HOURLY, Late.model_validate({"rule": "accept", "until": "1d"})])


@given(moments, moments, moments, rules)
def test_later_is_never_better(begun: datetime, one: datetime, other: datetime, late: Late) -> None:
    """Once the window is open, a later receipt counts no more than an earlier one."""
    limits = deadline(PLAIN, begun)
    earlier, later = (receive(late, limits, moment) for moment in sorted((one, other)))

    assert later.part <= earlier.part or earlier.standing is Standing.EARLY


@given(moments, moments, rules, st.floats(1, 4), st.integers(0, 48))
def test_an_accommodation_never_hurts(
    begun: datetime, received: datetime, late: Late, factor: float, hours: int
) -> None:
    granted = Accommodation.model_validate({"factor": factor, "extension": f"{hours}h"})
    plain, more = (receive(late, deadline(PLAIN, begun, each), received) for each in (Accommodation(), granted))

    assert more.part >= plain.part


@given(moments, moments, rules, st.integers(-14, 14))
def test_a_zone_changes_nothing(begun: datetime, received: datetime, late: Late, hours: int) -> None:
    """The same moments told elsewhere are the same moments."""
    there = timezone(timedelta(hours=hours))
    moved: Receipt = receive(late, deadline(PLAIN, begun.astimezone(there)), received.astimezone(there))

    assert moved == receive(late, deadline(PLAIN, begun), received)

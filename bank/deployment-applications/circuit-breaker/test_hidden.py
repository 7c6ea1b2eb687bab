"""Hidden checks of `circuit-breaker`; scripts of calls are played in the guest and by a model of the states here."""

import queue
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

ENDS = st.sampled_from(["ok", "ok", "fail", "fail", "fail", "stop"])
STEPS = st.recursive(
    st.tuples(st.just("wait"), st.integers(0, 6)) | st.tuples(st.just("call"), st.just([]), ENDS),
    lambda steps: st.tuples(st.just("call"), st.lists(steps, min_size=1, max_size=4), ENDS),
    max_leaves=8,
)
SCRIPTS = st.lists(STEPS, min_size=4, max_size=14)
FAIL, OK, STOP, WAIT = ("call", [], "fail"), ("call", [], "ok"), ("call", [], "stop"), ("wait", 4)


class Failure(Exception):
    """What a call fails with."""


class Stop(BaseException):
    """What is no failure."""


# ---- inside the guest ----------------------------------------------------------------------------


def play(submission, fails, cooldown, script):
    """Play a script; tell the end of every call that was begun or refused, each with the state after it."""
    now, told = [100.0], []
    breaker = submission.Breaker(fails, cooldown, lambda: now[0])

    def perform(steps):
        for kind, *details in steps:
            if kind == "wait":
                now[0] += details[0]
                told.append(("wait", breaker.state()))
            else:
                told.append((attempt(*details), breaker.state()))

    def body(steps, end, *, mark):
        perform(steps)
        if end == "fail":
            raise Failure(mark)
        if end == "stop":
            raise Stop(mark)
        return mark

    def attempt(steps, end):
        mark = len(told)
        try:
            return ["ok", breaker.call(body, steps, end, mark=mark)]
        except submission.BreakerOpen:
            return ["turned away"]
        except (Failure, Stop) as error:
            return [type(error).__name__, *error.args]

    perform(script)
    return told


def crowd(submission, callers):
    """Let many threads call at once while the breaker is half-open; tell how many came through, and the end."""
    now = [0.0]
    breaker = submission.Breaker(1, 1.0, lambda: now[0])
    try:
        breaker.call(int, "x")
    except ValueError:
        now[0] = 1.0
    entered, ends = queue.Queue(), queue.Queue()
    start, release = threading.Barrier(callers), threading.Event()

    def serve():
        entered.put(1)
        release.wait(5)

    def caller():
        start.wait(5)
        try:
            breaker.call(serve)
            ends.put("ok")
        except submission.BreakerOpen:
            ends.put("turned away")

    threads = [threading.Thread(target=caller) for _ in range(callers)]
    for thread in threads:
        thread.start()
    told = []
    try:
        told = [ends.get(timeout=2) for _ in range(callers - 1)]
    except queue.Empty:
        told.append("nobody was turned away")
    state = breaker.state()
    release.set()
    for thread in threads:
        thread.join(5)
    return told, entered.qsize(), state, breaker.state()


def side_by_side(submission):
    """Let two threads be in calls at the same time while the breaker is closed."""
    breaker = submission.Breaker(1, 1.0, lambda: 0.0)
    meeting = threading.Barrier(2)
    found = queue.Queue()

    def caller():
        try:
            breaker.call(meeting.wait, 2)
            found.put("met")
        except threading.BrokenBarrierError:
            found.put("alone")

    threads = [threading.Thread(target=caller) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    return [found.get(), found.get()]


def handed_on(submission):
    """Tell what a function gets and gives through a breaker."""
    breaker = submission.Breaker(3, 1.0, lambda: 0.0)
    error = KeyError("mine")
    caught = []

    def broken():
        raise error

    try:
        breaker.call(broken)
    except KeyError as same:
        caught.append(same is error)
    got = breaker.call(lambda *args, **kwargs: (args, kwargs), 1, [2], fast=3, key=None)
    return got, breaker.call(lambda: None), caught, issubclass(submission.BreakerOpen, RuntimeError)


def persist(submission, outcomes, attempts, base, cap, draws):
    """Retry through outcomes; tell the end, the pauses, and how often each function was called."""
    calls, pauses, jitters = [0], [], iter(draws)
    errors = {
        "io": OSError("io"),
        "slow-io": TimeoutError("slow-io"),
        "value": LookupError("value"),
        "stop": Stop("stop"),
    }
    used = [0]

    def fn():
        outcome = outcomes[calls[0]]
        calls[0] += 1
        if outcome in errors:
            raise errors[outcome]
        return outcome

    def jitter():
        used[0] += 1
        return next(jitters)

    try:
        end = submission.retry(fn, attempts, base, cap, jitter, pauses.append, (OSError, ZeroDivisionError))
    except (OSError, LookupError, Stop) as error:
        end = [name for name, each in errors.items() if each is error]
    return end, pauses, calls[0], used[0]


def calls_before_refusal(submission, *arguments):
    calls = []
    try:
        submission.retry(lambda: calls.append(1), *arguments, lambda: 0.5, calls.append, (OSError,))
    except ValueError:
        return len(calls)
    return None


# ---- the oracle ----------------------------------------------------------------------------------


class Model:
    """The states, with a new name for every stretch in which calls count together."""

    def __init__(self, fails, cooldown):
        self.fails, self.cooldown = fails, cooldown
        self.now, self.until, self.row, self.stretch, self.probe = 100.0, None, 0, 0, None
        self.told = []

    def state(self):
        if self.until is None:
            return "closed"
        return "half-open" if self.now >= self.until else "open"

    def perform(self, steps):
        for kind, *details in steps:
            if kind == "wait":
                self.now += details[0]
                self.told.append(("wait", self.state()))
            else:
                self.told.append((self.attempt(*details), self.state()))
        return self.told

    def attempt(self, steps, end):
        mark, state = len(self.told), self.state()
        if state == "open" or (state == "half-open" and self.probe):
            return ["turned away"]
        self.stretch += state == "half-open"
        mine = self.stretch
        self.probe = mine if state == "half-open" else None
        self.perform(steps)
        if mine == self.stretch:
            self.finish(end)
        return [{"ok": "ok", "fail": "Failure", "stop": "Stop"}[end], mark]

    def finish(self, end):
        probing, self.probe = self.probe, None
        if end == "ok":
            self.until, self.row = None, 0
            self.stretch += probing is not None
        elif end == "fail":
            self.row += 1
            if probing or self.row == self.fails:
                self.until, self.row = self.now + self.cooldown, 0
                self.stretch += 1


def agree(solution, fails, cooldown, script):
    assert_equal(solution.run(play, fails, cooldown, script), Model(fails, cooldown).perform(script))


# ---- the breaker ---------------------------------------------------------------------------------


@points(4, group="states", group_zh="状态")
@stated("closed", "open", "half-open", "interrupts", "late", "passes")
@hint(
    en="Draw the three states, and an arrow for each way a call can end.",
    zh="画出三个状态，并为调用的每种结局画一个箭头。",
)
@given(script=SCRIPTS, fails=st.integers(1, 3), cooldown=st.integers(0, 5))
@settings(max_examples=50)
def test_any_script_of_calls(solution, script, fails, cooldown):
    agree(solution, fails, cooldown, script)


@points(3, group="states", group_zh="状态")
@stated("closed", "open", "half-open")
@contract("the transitions one by one, which drawn scripts reach by chance")
@hint(en="Which failures are in a row? From when on is the time counted?", zh="哪些失败算连续？时间从何时算起？")
def test_opening_and_closing(solution):
    agree(solution, 3, 4, [FAIL, FAIL, OK, FAIL, FAIL, OK, FAIL, FAIL, FAIL, OK, FAIL])
    agree(solution, 2, 4, [FAIL, FAIL, ("wait", 3), OK, ("wait", 1), OK, FAIL, OK, FAIL, FAIL, FAIL])
    agree(solution, 2, 4, [FAIL, FAIL, WAIT, FAIL, OK, ("wait", 3), OK, ("wait", 1), OK, FAIL, FAIL, OK])
    agree(solution, 3, 4, [FAIL, FAIL, FAIL, ("wait", 9), FAIL, ("wait", 3), OK, ("wait", 1), OK, FAIL, FAIL, FAIL, OK])
    agree(
        solution,
        1,
        4,
        [
            FAIL,
            OK,
            ("wait", 2),
            OK,
            ("wait", 2),
            OK,
            FAIL,
            WAIT,
            ("call", [("wait", 3)], "fail"),
            ("wait", 1),
            OK,
            WAIT,
            OK,
        ],
    )
    agree(solution, 1, 0, [FAIL, FAIL, OK, FAIL, OK])
    agree(solution, 2, 0.5, [("call", [("wait", 7)], "fail"), FAIL, ("wait", 0.25), OK, ("wait", 0.25), OK])


@points(3, group="calls within calls", group_zh="嵌套调用")
@stated("half-open", "late", "threads")
@hint(en="What was the breaker's state when the call began?", zh="调用开始时熔断器是什么状态？")
def test_results_that_come_late_and_calls_during_a_probe(solution):
    agree(solution, 1, 4, [FAIL, WAIT, ("call", [OK, FAIL, ("wait", 9), OK], "ok"), OK])
    agree(solution, 1, 4, [FAIL, WAIT, ("call", [OK, ("wait", 9), FAIL], "fail"), OK, WAIT, OK])
    agree(solution, 2, 4, [("call", [FAIL, FAIL, OK], "fail"), ("wait", 3), OK, ("wait", 1), OK])
    agree(solution, 2, 4, [("call", [FAIL, FAIL, ("wait", 2)], "ok"), OK, ("wait", 2), OK])
    agree(solution, 2, 4, [("call", [FAIL, FAIL, WAIT], "ok"), ("call", [FAIL], "fail"), OK])
    agree(solution, 2, 4, [("call", [FAIL, FAIL, WAIT], "fail"), ("wait", 1), OK])
    agree(solution, 2, 4, [("call", [FAIL, FAIL, WAIT, OK], "fail"), FAIL, FAIL, OK])
    agree(solution, 2, 4, [("call", [FAIL, FAIL, WAIT, OK, FAIL], "ok"), FAIL, OK])
    agree(solution, 3, 4, [("call", [FAIL, ("call", [FAIL], "ok"), FAIL], "fail"), FAIL, FAIL, OK])


@points(2, group="interruptions", group_zh="中断")
@stated("interrupts")
@contract("interruptions in every state, which drawn scripts reach by chance")
@hint(en="Who gives the probe back?", zh="谁来归还试探的名额？")
def test_what_is_no_failure(solution):
    agree(solution, 2, 4, [FAIL, STOP, FAIL, OK])
    agree(solution, 2, 4, [STOP, STOP, STOP, FAIL, OK])
    agree(solution, 1, 4, [FAIL, WAIT, STOP, STOP, OK, FAIL])
    agree(solution, 2, 4, [FAIL, FAIL, WAIT, STOP, ("call", [OK], "fail"), WAIT, STOP, OK, FAIL, OK])
    agree(solution, 2, 4, [("call", [FAIL, FAIL, WAIT], "stop"), ("call", [OK], "ok"), OK])


@points(2, group="calls", group_zh="调用")
@stated("passes", "open")
@hint(en="What goes in and what comes out?", zh="传进去什么，传出来什么？")
def test_arguments_and_results(solution):
    assert_equal(solution.run(handed_on), (((1, [2]), {"fast": 3, "key": None}), None, [True], True))


@points(2, group="threads", group_zh="线程")
@stated("threads", "half-open")
@hint(en="How many threads may find that nobody is probing?", zh="有多少个线程会发现还没有人在试探？")
def test_one_probe_among_many_threads(solution):
    assert_equal(solution.run(crowd, 6), (["turned away"] * 5, 1, "half-open", "closed"))
    assert_equal(solution.run(side_by_side), ["met", "met"])


# ---- retries -------------------------------------------------------------------------------------


@points(4, group="retries", group_zh="重试")
@stated("retry", "last", "not-retryable")
@hint(en="After which attempts is there a pause, and how long?", zh="哪些尝试之后有停顿，多久？")
@given(
    outcomes=st.lists(
        st.sampled_from(["io", "io", "io", "io", "slow-io", "value", "stop", 7, None]), min_size=6, max_size=6
    ),
    attempts=st.integers(1, 6),
    base=st.sampled_from([0.0, 0.5, 3.0]),
    draws=st.lists(st.floats(0, 1), min_size=5, max_size=5),
)
@settings(max_examples=30)
def test_attempts_and_pauses(solution, outcomes, attempts, base, draws):
    for each in (outcomes, ["io"] * 6, ["io", "slow-io", "io", 7], ["io", "value"], ["io", "stop"], ["slow-io", None]):
        failed = next((place for place, outcome in enumerate(each) if outcome not in ("io", "slow-io")), len(each))
        calls = min(failed + 1, attempts)
        end = each[calls - 1]
        pauses = [min(7.0, base * 2**n) * draws[n] for n in range(calls - 1)]
        expected = ([end] if isinstance(end, str) else end), pauses, calls, len(pauses)
        assert_close(solution.run(persist, each, attempts, base, 7.0, draws), expected)


@points(1, group="retries", group_zh="重试")
@stated("overflow", "retry")
@hint(en="How large is 2**4999?", zh="2**4999 有多大？")
def test_many_attempts(solution):
    end, pauses, calls, used = solution.run(persist, ["io"] * 5000, 5000, 0.001, 30.0, [0.5] * 4999)
    assert_equal((end, calls, used), (["io"], 5000, 4999))
    assert_close(pauses, [min(30.0, 0.001 * 2.0 ** min(n, 100)) / 2 for n in range(4999)])


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("breaker-errors", "retry-errors", "outside")
@contract("all settings that are refused; no other check makes a breaker of them")
@hint(en="Which settings make no sense?", zh="哪些设置没有意义？")
def test_what_makes_no_sense_is_refused(solution):
    for fails, cooldown in ((0, 1.0), (-1, 1.0), (1, -0.5)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.Breaker(fails, cooldown, None)
    for arguments in ((0, 1.0, 1.0), (-2, 1.0, 1.0), (1, -1.0, 1.0), (3, 1.0, -0.1)):
        assert_equal(solution.run(calls_before_refusal, *arguments), 0)
    assert_equal(solution.run(persist, ["io", 5], 2, 0.0, 0.0, [1.0]), (5, [0.0], 2, 1))
    agree(solution, 1, 0, [FAIL, OK])

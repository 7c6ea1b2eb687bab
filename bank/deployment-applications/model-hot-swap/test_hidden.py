"""Hidden checks of `model-hot-swap`; scripts are played in the guest and by a model of the registry here.

Nothing is left to chance: calls meet at barriers and events, and one thread is stopped before each instruction of a
call while another one makes its calls.
"""

import functools
import gc
import itertools
import queue
import sys
import threading
import weakref

from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal, contract, hint, points, stated

NUMBERS = st.integers(1, 4)
FLAT = (
    st.tuples(st.just("register"), st.sampled_from(["a", "b"]))
    | st.tuples(st.just("promote"), NUMBERS, st.sampled_from(["ok", "ok", "ok", "sick", "fail"]), st.just([]))
    | st.tuples(st.just("promote"), NUMBERS, st.just("ok"), st.just([]))
    | st.tuples(st.just("rollback"))
    | st.tuples(st.just("retire"), NUMBERS)
    | st.tuples(st.just("predict"), st.sampled_from(["ok", "fail", "none"]), st.just([]))
)
INNER = st.lists(FLAT, min_size=1, max_size=3)
STEPS = (
    FLAT
    | st.tuples(st.just("promote"), NUMBERS, st.sampled_from(["ok", "ok", "sick", "fail"]), INNER)
    | st.tuples(st.just("predict"), st.sampled_from(["ok", "fail"]), INNER)
)
START = [("register", "a"), ("register", "b"), ("register", "a")]
PATIENCE = 1


class Failure(Exception):
    """What a model or its check fails with."""


# ---- inside the guest ----------------------------------------------------------------------------


def play(submission, script):
    """Play a script, within models and checks too; tell each end with the history after it."""
    told, checks, made = [], [], itertools.count(1)

    def perform(steps):
        for kind, *details in steps:
            told.append(("begin", kind))
            told.append((kind, outcome(kind, details), registry.history()))

    def outcome(kind, details):
        try:
            return calls[kind](*details)
        except submission.Unhealthy:
            return "Unhealthy"
        except (KeyError, RuntimeError, ValueError) as error:
            return next(each.__name__ for each in (KeyError, RuntimeError, ValueError) if isinstance(error, each))
        except Failure as error:
            return ["failed", *error.args]

    def register(name):
        number = next(made)

        def model(order):
            end, steps = order
            told.append(("called", number))
            perform(steps)
            if end == "fail":
                raise Failure(number)
            return None if end == "none" else [number, end]

        model.number = number
        return registry.register(name, model)

    def promote(version, verdict, steps):
        checks[:] = [(verdict, steps)]
        return registry.promote(version)

    def health(model):
        verdict, steps = checks.pop()
        told.append(("checked", model.number))
        perform(steps)
        if verdict == "fail":
            raise Failure(model.number, "check")
        return verdict == "ok"

    registry = submission.Registry(health)
    calls = {
        "register": register,
        "promote": promote,
        "rollback": registry.rollback,
        "retire": registry.retire,
        "predict": lambda *order: registry.predict(order),
    }
    perform(script)
    return told


class Tagged:
    """A model that says its number; what it gets may be called within it."""

    def __init__(self, number):
        self.number = number

    def __call__(self, x):
        """Return the number, and what comes of the argument."""
        return self.number, x() if callable(x) else x


def stocked(submission, number, health=lambda _: True):
    """Return a registry with models, and weak references to them."""
    registry = submission.Registry(health)
    watched = []
    for each in range(1, number + 1):
        model = Tagged(each)
        watched.append(weakref.ref(model))
        registry.register(f"m{each}", model)
    return registry, watched


def in_thread(act):
    """Run something in a thread; return a function that waits for its end."""
    ends = queue.Queue()

    def run():
        try:
            ends.put(act())
        except Exception as error:
            ends.put(type(error).__name__)

    threading.Thread(target=run, daemon=True).start()

    def wait():
        try:
            return ends.get(timeout=PATIENCE)
        except queue.Empty:
            return "stuck"

    return wait


def in_threads(acts):
    """Run one after another, each in a thread of its own, until one is stuck."""
    told = []
    for act in acts:
        told.append(in_thread(act)())
        if told[-1] == "stuck":
            break
    return told


def during_a_call(submission):
    """Change models while a call is held within one; tell what every call says."""
    registry, _ = stocked(submission, 3)
    registry.promote(1)
    entered, release = threading.Event(), threading.Event()

    def hold():
        entered.set()
        return release.wait(PATIENCE)

    old = in_thread(lambda: registry.predict(hold))
    began = entered.wait(PATIENCE)
    acts = (
        lambda: registry.promote(2),
        lambda: registry.predict(7),
        lambda: registry.promote(3),
        registry.rollback,
        lambda: registry.retire(1),
        registry.history,
        lambda: registry.register("later", len),
        lambda: registry.predict(8),
    )
    told = in_threads(acts)
    release.set()
    return [began, *told, old(), registry.predict(9)]


def during_a_check(submission):
    """Let calls go on while a check is held; tell what every call says."""
    entered, release = threading.Event(), threading.Event()

    def health(model):
        if model.number == 2:
            entered.set()
            release.wait(PATIENCE)
        return True

    registry, _ = stocked(submission, 4, health)
    registry.promote(1)
    slow = in_thread(lambda: registry.promote(2))
    began = entered.wait(PATIENCE)
    acts = (
        lambda: registry.predict(7),
        registry.history,
        lambda: registry.promote(3),
        lambda: registry.promote(4),
        registry.rollback,
        lambda: registry.retire(1),
        lambda: registry.register("later", len),
        lambda: registry.predict(8),
    )
    told = in_threads(acts)
    release.set()
    return [began, *told, slow(), registry.history(), registry.predict(9)]


def side_by_side(submission, callers):
    """Let several calls meet within a model, then several promotions within the check."""
    meeting = threading.Barrier(callers)

    def meet(_):
        meeting.wait(PATIENCE)
        return True

    registry, _ = stocked(submission, callers + 1, lambda model: model.number == 1 or meet(model))
    registry.promote(1)
    waits = [in_thread(lambda: registry.predict(lambda: meet(None))) for _ in range(callers)]
    told = [wait() for wait in waits]
    waits = [in_thread(lambda version=version: registry.promote(version)) for version in range(2, callers + 2)]
    return told, [wait() for wait in waits], sorted(registry.history())


def kept_alive(submission):
    """Tell which models are alive, each time a version has been retired."""
    registry, watched = stocked(submission, 5)
    told = []

    def look():
        gc.collect(1)
        told.append([number for number, model in enumerate(watched, 1) if model()])

    def inside():
        registry.retire(4)
        look()
        registry.promote(5)
        registry.retire(2)
        look()
        return "inside"

    for version in (1, 2, 3, 4, 3, 2):
        registry.promote(version)
    registry.retire(1)
    look()
    answer = registry.predict(inside)
    look()
    registry.rollback()
    registry.retire(5)
    look()
    return told, answer, registry.history()


def handed_on(submission):
    """Tell what models and checks get and give, and one model under two names."""
    seen, error, same = [], Failure("mine"), []
    model, broken = Tagged(1), lambda _: divmod(1, 0)

    def health(each):
        seen.append([each is model, each is broken])
        if len(seen) == 3:
            raise error
        return len(seen) != 4

    registry = submission.Registry(health)
    versions = [registry.register(name, each) for name, each in (("x", model), ("", model), ("x", broken))]
    nothing = [registry.promote(1), registry.promote(2)]
    try:
        registry.promote(3)
    except Failure as raised:
        same.append(raised is error)
    try:
        registry.promote(1)
    except RuntimeError as refusal:
        same.append(type(refusal).__name__)
    told = [registry.predict(None), registry.history(), registry.rollback(), registry.predict(0)]
    registry.history().clear()
    nothing += [registry.promote(3), registry.retire(2)]
    try:
        registry.predict(1)
    except ZeroDivisionError:
        same.append("ZeroDivisionError")
    return versions, nothing, seen, same, told, registry.history(), registry.register("y", model)


def preempted(submission, act, other):
    """Run one call, and before each of its instructions let a thread make another, until it ends or is blocked."""
    ends, pending, space = [], [], vars(submission)

    def make():
        try:
            ends.append(other())
        except Exception as error:
            ends.append(type(error).__name__)

    def give_way():
        if pending and pending[-1].is_alive():
            # blocked by a lock that the call holds
            pending[-1].join(0.0002)
        elif len(pending) < 300:
            pending.append(threading.Thread(target=make, daemon=True))
            pending[-1].start()
            pending[-1].join(0.01)

    def trace(frame, event, _):
        if frame.f_globals is not space:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            give_way()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        result = act()
    finally:
        sys.settrace(before)
    for thread in pending:
        thread.join(PATIENCE)
    return result, ends


def looks_during_a_change(submission, kind, *arguments):
    """Make one call at every instruction of three promotions and a rollback; tell its different ends in order."""
    registry, _ = stocked(submission, 3)
    registry.promote(1)
    told = []
    for version in (2, 1, 1, None):
        act = registry.rollback if version is None else functools.partial(registry.promote, version)
        _, ends = preempted(submission, act, lambda: getattr(registry, kind)(*arguments))
        told.append([end for end, _ in itertools.groupby(ends)])
    return told


def changes_during_a_call(submission, kind):
    """Put a new version in the place of the active one at every instruction of a call; tell its end."""
    registry, _ = stocked(submission, 3)
    registry.promote(1)
    registry.promote(2)
    new = itertools.count(4)

    def replace():
        number = next(new)
        version = registry.register(f"m{number}", Tagged(number))
        registry.promote(version)
        for each, _ in registry.history()[:-1]:
            registry.retire(each)
        return version == number

    result, ends = preempted(submission, lambda: getattr(registry, kind)(*[5] * (kind == "predict")), replace)
    return result, ends, registry.predict(6), next(new)


def growth_during_a_call(submission, kind, *arguments):
    """Register and promote at every instruction of a call; tell what there is in the end."""
    registry, _ = stocked(submission, 3)
    for version in (1, 2):
        registry.promote(version)

    def grow():
        version = registry.register("new", len)
        registry.promote(version)
        return version

    result, ends = preempted(submission, lambda: getattr(registry, kind)(*arguments), grow)
    promoted = [version for version, _ in registry.history()]
    return result, ends, promoted


# ---- the oracle ----------------------------------------------------------------------------------


class Model:
    """The registry as a dict of names and a list of versions."""

    def __init__(self):
        self.names, self.order, self.made, self.told = {}, [], 0, []

    def perform(self, steps):
        for kind, *details in steps:
            self.told.append(("begin", kind))
            end = getattr(self, kind)(*details)
            self.told.append((kind, end, [(version, self.names[version]) for version in self.order]))
        return self.told

    def register(self, name):
        self.made += 1
        self.names[self.made] = name
        return self.made

    def promote(self, version, verdict, steps):
        if version not in self.names:
            return "KeyError"
        self.told.append(("checked", version))
        self.perform(steps)
        if verdict != "ok":
            return "Unhealthy" if verdict == "sick" else ["failed", version, "check"]
        if version not in self.names:
            return "KeyError"
        if version in self.order:
            self.order.remove(version)
        self.order.append(version)
        return None

    def rollback(self):
        if len(self.order) < 2:
            return "RuntimeError"
        self.order.pop()
        return self.order[-1]

    def retire(self, version):
        if version not in self.names:
            return "KeyError"
        if self.order and self.order[-1] == version:
            return "ValueError"
        del self.names[version]
        if version in self.order:
            self.order.remove(version)
        return None

    def predict(self, end, steps):
        if not self.order:
            return "RuntimeError"
        version = self.order[-1]
        self.told.append(("called", version))
        self.perform(steps)
        if end == "fail":
            return ["failed", version]
        return version, None if end == "none" else [version, end]


def agree(solution, script):
    assert_equal(solution.run(play, script), Model().perform(script))


def up(version, steps=(), verdict="ok"):
    return ("promote", version, verdict, list(steps))


def ask(*steps, end="ok"):
    return ("predict", end, list(steps))


BACK = ("rollback",)


# ---- one thread ----------------------------------------------------------------------------------


@points(4, group="versions", group_zh="版本")
@stated(
    "register", "promote", "unhealthy", "during", "history", "rollback", "retire", "predict", "unknown", "in-flight"
)
@contract("the definition itself on drawn scripts of calls within calls")
@hint(en="Write down the history after each call.", zh="写下每次调用之后的历史。")
@given(script=st.lists(STEPS, min_size=8, max_size=20))
@settings(max_examples=30)
def test_any_script_of_calls(solution, script):
    agree(solution, START + script)


@points(3, group="versions", group_zh="版本")
@stated("promote", "history", "rollback", "retire", "unknown", "predict")
@contract("promotions and ways back one by one, which drawn scripts reach by chance")
@hint(en="Which version is before the active one?", zh="当前版本前面的是哪个版本？")
def test_there_and_back_again(solution):
    agree(
        solution, [ask(), BACK, up(1), ("retire", 1), *START, ask(), BACK, up(4), up(0), up(-1), ("retire", 0), ask()]
    )
    agree(solution, [*START, up(1), BACK, ask(), up(2), up(1), BACK, ask(), BACK, up(2), BACK, ask()])
    agree(solution, [*START, up(1), up(2), up(3), up(1), up(1), BACK, ask(), BACK, ask(), BACK, ask(), up(3), up(1)])
    agree(solution, [*START, up(1), up(2), ("retire", 2), ("retire", 1), BACK, ("retire", 3), up(3), up(1), ask()])
    agree(solution, [*START, up(3), up(1), BACK, ("retire", 1), ("register", "c"), up(4), ("retire", 3), BACK, ask()])
    agree(solution, [*START, ("retire", 3), ("retire", 2), ("register", "d"), ("retire", 4), ("register", "e"), up(5)])
    agree(solution, [*START, up(1), ask(end="none"), ask(end="fail"), ask()])


@points(3, group="checks", group_zh="检查")
@stated("promote", "unhealthy", "during")
@contract("checks that fail, and what happens during them, which drawn scripts reach by chance")
@hint(en="What is true while the check runs, and what when it ends?", zh="检查运行时什么成立，结束时又如何？")
def test_checks_that_fail_and_changes_during_checks(solution):
    for verdict in ("sick", "fail"):
        agree(solution, [*START, up(1, verdict=verdict), ask(), up(2), up(1, [ask()], verdict), ask(), BACK])
        agree(solution, [*START, up(1), up(2), up(2, verdict=verdict), up(1, verdict=verdict), ask(), BACK, ask()])
        agree(solution, [*START, up(1), up(2, [("retire", 2)], verdict), up(3, [up(2), BACK], verdict), ask()])
    agree(solution, [*START, up(1, [ask(), BACK]), up(2, [ask(), up(3), ask()]), ask(), BACK, BACK, BACK])
    agree(solution, [*START, up(1), up(2), up(3, [BACK, ("register", "c"), ask(), ("retire", 2)]), ask(), BACK, ask()])
    agree(solution, [*START, up(1), up(2, [("retire", 2), ask()]), ask(), ("retire", 2), up(3, [("retire", 3)]), BACK])
    agree(solution, [*START, up(1), up(2, [up(2), up(3)]), up(1, [up(1)]), BACK, up(3, [up(3, verdict="sick")]), ask()])


@points(2, group="calls in flight", group_zh="进行中的调用")
@stated("in-flight", "side-by-side", "predict")
@contract("changes within a call, which drawn scripts reach by chance")
@hint(en="Which version does a call belong to?", zh="一次调用属于哪个版本？")
def test_changes_within_a_call(solution):
    agree(solution, [*START, up(1), up(2), ask(BACK, ask(), ("retire", 2), up(3), ask()), ask(), BACK])
    agree(solution, [*START, up(1), ask(up(2), ("retire", 1), ("register", "c"), ask(BACK), end="fail"), ask(), up(1)])


@points(2, group="versions", group_zh="版本")
@stated("register", "promote", "unhealthy", "history", "predict")
@hint(en="What goes in, and what comes out?", zh="传进去什么，传出来什么？")
def test_what_is_handed_on(solution):
    versions, nothing, seen, same, told, history, more = solution.run(handed_on)
    assert_equal((versions, nothing, same, more), ([1, 2, 3], [None] * 4, [True, "Unhealthy", "ZeroDivisionError"], 4))
    assert_equal(seen, [[True, False], [True, False], [False, True], [True, False], [False, True]])
    assert_equal(told, [(2, (1, None)), [(1, "x"), (2, "")], 1, (1, (1, 0))])
    assert_equal(history, [(1, "x"), (3, "x")])


@points(2, group="released models", group_zh="释放模型")
@stated("released", "retire", "in-flight")
@hint(en="Who still holds a model that is retired?", zh="谁还拿着已弃用的模型？")
def test_retired_models_are_released(solution):
    told, answer, history = solution.run(kept_alive)
    assert_equal(told, [[2, 3, 4, 5], [2, 3, 5], [2, 3, 5], [3, 5], [3]])
    assert_equal((answer, history), ((2, (2, "inside")), [(3, "m3")]))


# ---- several threads -----------------------------------------------------------------------------


@points(3, group="calls in flight", group_zh="进行中的调用")
@stated("in-flight", "side-by-side")
@contract("every method while a call is held; elsewhere only calls of one kind meet")
@hint(en="What is held while a model runs?", zh="模型运行时持有着什么？")
def test_models_change_while_a_call_is_held(solution):
    told = solution.run(during_a_call)
    between = [None, (2, (2, 7)), None, 2, None, [(2, "m2")], 4, (2, (2, 8))]
    assert_equal(told, [True, *between, (1, (1, True)), (2, (2, 9))])


@points(3, group="checks", group_zh="检查")
@stated("side-by-side", "during")
@contract("every method while a check is held; elsewhere only calls of one kind meet")
@hint(en="What is held while a check runs?", zh="检查运行时持有着什么？")
def test_calls_go_on_while_a_check_is_held(solution):
    told = solution.run(during_a_check)
    between = [(1, (1, 7)), [(1, "m1")], None, None, 3, None, 5, (3, (3, 8))]
    assert_equal(told, [True, *between, None, [(3, "m3"), (2, "m2")], (2, (2, 9))])


@points(2, group="calls in flight", group_zh="进行中的调用")
@stated("side-by-side")
@contract("that calls meet within a model and within the check; elsewhere only one of them is held")
@hint(en="How many calls may be in a model at once?", zh="可以有多少个调用同时在模型里？")
def test_several_calls_meet(solution):
    told, promoted, history = solution.run(side_by_side, 3)
    assert_equal(told, [(1, (1, True))] * 3)
    assert_equal((promoted, history), ([None] * 3, [(version, f"m{version}") for version in range(1, 5)]))


@points(4, group="no gap", group_zh="没有间断")
@stated("no-gap", "predict", "history")
@hint(
    en="What does a reader see between two instructions of a change, and a change between two of a reader?",
    zh="读者在更换的两条指令之间会看到什么？更换又会落在读者的哪两条指令之间？",
)
def test_a_change_has_no_middle(solution):
    one, two = (1, (1, 0)), (2, (2, 0))
    assert_equal(solution.run(looks_during_a_change, "predict", 0), [[one, two], [two, one], [one], [one, two]])
    first, second = (1, "m1"), (2, "m2")
    states = [[first], [first, second], [second, first], [second]]
    assert_equal(solution.run(looks_during_a_change, "history"), [states[:2], states[1:3], states[2:3], states[2:]])
    for kind in ("predict", "history"):
        result, ends, after, new = solution.run(changes_during_a_call, kind)
        assert ends
        assert_equal(ends, [True] * len(ends))
        assert_equal(after, (new - 1, (new - 1, 6)))
        if kind == "predict":
            assert_equal(result, (result[0], (result[0], 5)))
        else:
            numbers = [version for version, _ in result]
            assert_equal(result, [(number, f"m{number}") for number in numbers])
            assert_equal(numbers, list(range(numbers[0], numbers[-1] + 1)))


@points(3, group="no gap", group_zh="没有间断")
@stated("no-gap", "register", "history", "rollback")
@hint(en="What is lost when two threads read, change and write?", zh="两个线程都先读、再改、再写，会丢掉什么？")
def test_no_call_is_lost(solution):
    for kind, arguments in (("register", ("x", len)), ("promote", (3,)), ("rollback", ()), ("retire", (1,))):
        result, ends, promoted = solution.run(growth_during_a_call, kind, *arguments)
        assert ends
        grown = [*ends, result] if kind == "register" else ends
        assert_equal(sorted(grown), list(range(4, 4 + len(grown))))
        expected = {1, 2, *ends} | ({3} if kind == "promote" else set())
        assert_equal(len(promoted), len(set(promoted)))
        if kind == "rollback":
            assert result in expected
            assert_equal(len(expected - set(promoted)), 1)
        else:
            assert_equal(set(promoted), expected - ({1} if kind == "retire" else set()))

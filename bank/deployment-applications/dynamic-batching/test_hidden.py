"""Hidden checks of `dynamic-batching`; scripts of callers are played on a simulated clock, and by a model here."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

# requests come at whole seconds, deadlines end on 1/2, cancellations on 1/4, closing on 1/8, batches last some 1/256
# more than whole seconds: no two causes meet
TICK = 1 / 256
INPUTS = st.sampled_from([1, 1, 2, 2, 3, 3, "bad", "short"])
REQUESTS = st.lists(
    st.tuples(st.sampled_from([0, 0, 1, 1, 2, 5]), INPUTS, st.sampled_from([None, None, None, 0.25, 1.25, 2.25])),
    min_size=3,
    max_size=14,
)
ROUNDS = 20000
START = 1000.0


class Simulation(asyncio.BaseEventLoop):
    """An event loop without sockets, whose clock jumps to the next timer."""

    def __init__(self):
        super().__init__()
        self.now, self.rounds = START, 0
        self._selector = self

    def time(self):
        return self.now

    def select(self, timeout):
        self.rounds += 1
        if timeout is None or self.rounds > ROUNDS:
            raise OSError("everybody waits, and there is no timer" if timeout is None else "no end in sight")
        self.now += timeout
        return []

    def _process_events(self, events):
        pass


# ---- inside the guest ----------------------------------------------------------------------------


class Play:
    """One script: who comes when, who is cancelled, when it is closed."""

    def __init__(self, duration):
        self.duration, self.calls, self.ends, self.closings = duration, [], {}, []

    def now(self):
        return asyncio.get_running_loop().time() - START

    async def model(self, inputs):
        """Spoil its argument; answer with the numbers of the batch and the place in it."""
        inputs, given_list = list(inputs), inputs
        self.calls.append((self.now(), inputs))
        number = len(self.calls)
        given_list.clear()
        given_list.append("spoilt")
        await asyncio.sleep(self.duration)
        if "bad" in inputs:
            raise LookupError(f"batch {number}")
        outputs = [[number, place] for place in range(len(inputs))]
        return outputs[:-1] if "short" in inputs else outputs + outputs[:1] if "long" in inputs else outputs

    async def caller(self, number, batcher, x):
        try:
            end = ["output", await batcher.submit(x)]
        except asyncio.CancelledError:
            end = ["cancelled"]
        except RuntimeError:
            end = ["turned away"]
        except LookupError as error:
            end = ["model", *error.args]
        except ValueError:
            end = ["length"]
        self.ends[number] = [*end, self.now()]

    async def closer(self, batcher):
        end = await batcher.close()
        self.closings.append([end, self.now()])

    async def perform(self, batcher, events):
        tasks, callers = [], {}
        for at, kind, number, x in events:
            if at > self.now():
                await asyncio.sleep(at - self.now())
            if kind == "come":
                callers[number] = asyncio.create_task(self.caller(number, batcher, x))
                tasks.append(callers[number])
            elif kind == "cancel":
                callers[number].cancel()
            else:
                tasks.append(asyncio.create_task(self.closer(batcher)))
        await asyncio.wait(tasks)
        return self.calls, [self.ends[number] for number in sorted(self.ends)], self.closings


def play(submission, events, max_batch, max_wait, duration):
    script = Play(duration)
    batcher = submission.Batcher(script.model, max_batch, max_wait)
    with asyncio.Runner(loop_factory=Simulation) as runner:
        return runner.run(script.perform(batcher, events))


def impatient(submission, patience):
    """Let callers wait for their outputs with `wait_for`; tell who has got one, and what the model has seen."""
    seen = []

    async def model(inputs):
        seen.append(list(inputs))
        await asyncio.sleep(1)
        return inputs

    async def main():
        batcher = submission.Batcher(model, 2, 3.0)
        asked = [asyncio.wait_for(batcher.submit(number), limit) for number, limit in enumerate(patience)]
        found = await asyncio.gather(*asked, return_exceptions=True)
        await batcher.close()
        return [type(each).__name__ if isinstance(each, Exception) else each for each in found], seen

    with asyncio.Runner(loop_factory=Simulation) as runner:
        return runner.run(main())


# ---- the oracle ----------------------------------------------------------------------------------


def script_of(requests, closings=()):
    """Return events in their order; a request is when it comes, what it brings, when it is cancelled."""
    events = []
    for number, (at, x, cancelled) in enumerate(requests):
        events.append((float(at), "come", number, x))
        if cancelled is not None:
            events.append((at + cancelled, "cancel", number, None))
    events += [(at, "close", 0, None) for at in closings]
    return sorted(events, key=lambda event: event[0])


class Model:
    """What is to happen, cause after cause."""

    def __init__(self, max_batch, max_wait, duration):
        self.max_batch, self.max_wait, self.duration = max_batch, max_wait, duration
        self.waiting, self.batch, self.until, self.closed = [], [], None, False
        self.calls, self.ends, self.closings, self.open_closings = [], {}, [], 0

    def due(self, now):
        """When the next batch starts, if nothing else happens."""
        if self.until is not None or not self.waiting:
            return float("inf")
        if self.closed or len(self.waiting) >= self.max_batch:
            return now
        return max(now, self.waiting[0][0] + self.max_wait)

    def run(self, events):
        events, now = list(events), 0.0
        while True:
            ends = float("inf") if self.until is None else self.until
            now = min(self.due(now), ends, events[0][0] if events else float("inf"))
            if now == float("inf"):
                return self.calls, [self.ends[number] for number in sorted(self.ends)], self.closings
            if events and events[0][0] == now:
                self.happen(*events.pop(0))
            elif ends == now:
                self.finish(now)
            else:
                self.start(now)
            if self.open_closings and not self.waiting and self.until is None:
                self.closings += [[None, now]] * self.open_closings
                self.open_closings = 0

    def happen(self, now, kind, number, x):
        if kind == "close":
            self.closed, self.open_closings = True, self.open_closings + 1
        elif kind == "cancel":
            if number not in self.ends:
                self.ends[number] = ["cancelled", now]
                self.waiting = [each for each in self.waiting if each[1] != number]
        elif self.closed:
            self.ends[number] = ["turned away", now]
        else:
            self.waiting.append((now, number, x))

    def start(self, now):
        self.batch, self.waiting = self.waiting[: self.max_batch], self.waiting[self.max_batch :]
        self.calls.append((now, [x for _, _, x in self.batch]))
        self.until = now + self.duration

    def finish(self, now):
        inputs = [x for _, _, x in self.batch]
        for place, (_, number, _) in enumerate(self.batch):
            if number not in self.ends:
                end = ["output", [len(self.calls), place]]
                if "bad" in inputs:
                    end = ["model", f"batch {len(self.calls)}"]
                elif "short" in inputs or "long" in inputs:
                    end = ["length"]
                self.ends[number] = [*end, now]
        self.until = None


def agree(solution, requests, closings=(), max_batch=3, max_wait=2.5, duration=1 + TICK):
    events = script_of(requests, closings)
    found = solution.run(play, events, max_batch, max_wait, duration)
    assert_close(found, Model(max_batch, max_wait, duration).run(events), rtol=0.0, atol=1e-6)


def at(*times, x=0):
    """Requests of callers who stay."""
    return [(time, x, None) for time in times]


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="any script", group_zh="任意脚本")
@stated("start", "outputs", "failures", "cancel", "close", "time")
@hint(
    en="After each event ask: does a batch start now, and if not, when does it?",
    zh="每个事件之后都问一问：现在开始一批吗？如果不是，那是什么时候？",
)
@given(
    requests=REQUESTS,
    max_batch=st.integers(1, 4),
    wait=st.integers(0, 3),
    length=st.integers(0, 4),
    closing=st.sampled_from([(), (), (2.125,), (4.125,)]),
)
@settings(max_examples=40)
def test_any_script_of_callers(solution, requests, max_batch, wait, length, closing):
    comings, now = [], 0
    for gap, x, cancelled in requests:
        now += gap
        comings.append((now, x, cancelled))
    agree(solution, comings, closing, max_batch, wait + 0.5, length + TICK)


@points(3, group="when a batch starts", group_zh="一批何时开始")
@stated("start", "time")
@contract("the causes one by one, which drawn scripts reach by chance")
@hint(en="Whose waiting time counts, and from when?", zh="算谁的等待时间？从何时算起？")
def test_full_or_due(solution):
    agree(solution, at(0))
    agree(solution, at(0, 1, 2, 9, 10))
    agree(solution, at(0, 0, 0))
    agree(solution, at(0, 0, 0, 0, 0, 0, 0))
    agree(solution, at(0, 0, 0, 1, 1, 1, 2), duration=4 + TICK)
    agree(solution, at(0, 0, 0, 1), duration=2 + TICK)
    agree(solution, at(0, 0, 0, 1, 4), duration=5 + TICK)
    agree(solution, at(0, 0, 0, 1, 4, 4), duration=5 + TICK)
    agree(solution, at(0, 3, 4, 6, 8), max_batch=1)
    agree(solution, at(0, 1, 3, 4, 5), max_batch=2, max_wait=1.5)


@points(3, group="outputs", group_zh="输出")
@stated("outputs", "start")
@hint(
    en="How does an output find its caller, when two have asked the same?",
    zh="两人问了同样的问题时，输出怎样找到各自的主人？",
)
def test_everybody_gets_his_own_output(solution):
    agree(solution, [(0, [7], None)] * 128, max_batch=32, max_wait=0.5, duration=TICK)
    agree(solution, [(0, x, None) for x in (5, 5.0, True, 1, None, {"a": 1}, "5", [], [])], max_batch=4)
    agree(solution, [(n // 3, -n % 5, None) for n in range(30)], max_batch=7, max_wait=1.5)


@points(3, group="failures", group_zh="失败")
@stated("failures")
@hint(en="Who is told, and who goes on as if nothing had happened?", zh="该告诉谁？谁又应当像什么都没发生一样继续？")
def test_a_failure_stays_in_its_batch(solution):
    for trouble in ("bad", "short", "long"):
        agree(solution, [(0, 1, None), (0, trouble, None), (0, 2, None), *at(0, 1, 2), *at(9)])
        agree(solution, [(0, trouble, None), *at(4), (8, trouble, None), *at(12, 12, 12)])
        agree(solution, [(0, 1, 3.25), (0, trouble, None), *at(1, 1, 1)], [9.125])
        agree(solution, [*at(0, 0, 0, 1), (1, trouble, None)], [1.125], duration=3 + TICK)
        agree(solution, [*at(0, 0, 0, 1), (1, trouble, None), *at(1, 1)], [1.125], duration=3 + TICK)


@points(3, group="cancelled callers", group_zh="被取消的调用者")
@stated("cancel")
@hint(en="What did the cancelled request count for?", zh="被取消的请求本来算在哪里？")
def test_callers_who_leave(solution):
    agree(solution, [(0, 1, 0.25), (1, 2, None)])
    agree(solution, [(0, 1, 0.25)])
    agree(solution, [(0, 1, 1.25), (1, 2, None)])
    agree(solution, [(0, 1, 1.25), (1, 2, None), (2, 3, None)])
    agree(solution, [(0, 1, None), (0, 2, 0.25), (1, 3, None), (2, 4, None)])
    agree(solution, [*at(0, 0), (0, 5, 0.25)], duration=3 + TICK)
    agree(solution, [(0, 5, 0.25), *at(0, 0), *at(1, 1, 1)], duration=3 + TICK)
    agree(solution, [(0, 4, 0.25), (0, 5, 0.25), (0, 6, 1.25), *at(1, 2)], duration=3 + TICK)
    agree(solution, [*at(0, 0, 0), (1, 7, 0.25), (1, 8, None), (2, 9, 0.25)], duration=3 + TICK)
    agree(solution, [*at(0, 0, 0), (1, 7, 1.25), (1, 8, 2.25)], [1.125], duration=5 + TICK)
    found = solution.run(impatient, [9, 9, 0.5, 2.5, 9, 9])
    assert_equal(found, ([0, 1, "TimeoutError", 3, 4, 5], [[0, 1], [3, 4], [5]]))


@points(3, group="closing", group_zh="关闭")
@stated("close")
@hint(en="Who is still served, and when does the last one know?", zh="谁还会得到服务？最后一个人何时知道结果？")
def test_closing(solution):
    agree(solution, [*at(0), (1, 1, None)], [0.125])
    agree(solution, at(0, 0), [0.125, 5.125])
    agree(solution, at(0, 0, 0, 0, 0, 0, 0, 0), [0.125, 1.125, 9.125])
    agree(solution, at(0, 0, 0, 1, 2, 4), [2.125], duration=1 + TICK)
    agree(solution, at(3), [1.125, 2.125])
    agree(solution, [(0, 1, 2.25), (0, 2, None), *at(1)], [1.125], duration=4 + TICK)


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("settings")
@contract("all settings that are refused; no other check makes a batcher of them")
@hint(en="Which settings make no sense?", zh="哪些设置没有意义？")
def test_settings_that_make_no_sense(solution):
    for max_batch, max_wait in ((0, 1.0), (-1, 1.0), (1, 0), (1, 0.0), (2, -0.5)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.Batcher(None, max_batch, max_wait)
    agree(solution, at(0, 1), max_batch=1, max_wait=0.5)

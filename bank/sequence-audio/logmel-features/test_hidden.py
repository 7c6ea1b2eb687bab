"""Hidden checks of `logmel-features`; expectations are sums by definition, frequency by frequency."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, performance, points, stated

SEEDS = st.integers(0, 2**32 - 1)
DTYPES = (np.float64, np.float32, np.int16)
EDGE = 0.0  # variant: 2 * level - 1


# ---- inside the guest ----------------------------------------------------------------------------


def signal_after(submission, name, x, rest):
    """Tell the result of a function, and the signal after the result was overwritten."""
    result = getattr(submission, name)(x, *rest)
    kept = result.copy()
    if result.flags.writeable:
        result[...] = 3
    return kept, x


# ---- the oracle ----------------------------------------------------------------------------------


def cut(x, n, hop):
    rows = [x[i : i + n].tolist() for i in range(0, len(x), hop) if i + n <= len(x)]
    return np.array(rows, dtype=x.dtype).reshape(len(rows), n)


def weight(turn):
    """Return the window's height, between that at the edge and 1 in the middle."""
    return EDGE + (1 - EDGE) * math.sin(math.pi * turn) ** 2


def spectrum(x, n_fft, hop):
    """Return powers by the sum that defines them."""
    rows = []
    for frame in cut(x, n_fft, hop).astype(np.float64).tolist():
        shaped = [value * weight(j / n_fft) for j, value in enumerate(frame)]
        row = []
        for k in range(n_fft // 2 + 1):
            angles = [2 * math.pi * (j * k % n_fft) / n_fft for j in range(n_fft)]
            real = math.fsum(value * math.cos(angle) for value, angle in zip(shaped, angles, strict=True))
            imaginary = math.fsum(value * math.sin(angle) for value, angle in zip(shaped, angles, strict=True))
            row.append(real**2 + imaginary**2)
        rows.append(row)
    return np.array(rows, dtype=np.float64).reshape(len(rows), n_fft // 2 + 1)


def corners(n_mels, low, high):
    """Return the corners of the triangles, by the ratio of 1 + f / 700 from each to the next."""
    start, stop = 1 + low / 700, 1 + high / 700
    return [700 * (start * (stop / start) ** (k / (n_mels + 1)) - 1) for k in range(n_mels + 2)]


def filters(n_mels, n_fft, sr, low=0.0, high=None):
    places = corners(n_mels, low, sr / 2 if high is None else high)
    rows = []
    for left, centre, right in zip(places, places[1:], places[2:], strict=False):
        row = []
        for k in range(n_fft // 2 + 1):
            f = k * sr / n_fft
            rising, falling = (f - left) / (centre - left), (right - f) / (right - centre)
            row.append(rising if left < f <= centre else falling if centre < f < right else 0.0)
        rows.append(row)
    return np.array(rows)


def draw(seed, length, dtype=np.float64, scale=1.0):
    rng = np.random.default_rng(seed)
    if dtype == np.int16:
        return rng.integers(-32768, 32768, length).astype(dtype)
    return (scale * rng.normal(size=length)).astype(dtype)


def tone(frequency, sr, length):
    return np.sin(2 * np.pi * frequency * np.arange(length) / sr)


# ---- the checks ----------------------------------------------------------------------------------


@points(2, group="frames", group_zh="分帧")
@stated("frames", "signal")
@hint(en="Where does the last whole frame begin?", zh="最后一个完整的帧从哪里开始？")
def test_frames_of_every_length(solution):
    for length in range(13):
        for n, hop in ((4, 1), (4, 3), (3, 5), (1, 2), (12, 4), (5, 5)):
            x = draw(length, length, DTYPES[length % 3])
            assert_equal(solution.frames(x, n, hop), cut(x, n, hop))


@points(4, group="power", group_zh="功率谱")
@stated("power", "signal", "tolerance")
@contract("the definition on its own, before filters and logarithm")
@hint(en="Which window, and magnitude or power?", zh="用哪种窗？是幅度还是功率？")
@given(seed=SEEDS)
@settings(max_examples=4)
def test_power_by_definition(solution, seed):
    for n_fft, hop, length, dtype in (
        (8, 3, 20, np.float64),
        (7, 7, 22, np.int16),
        (12, 5, 17, np.float32),
        (2, 1, 3, np.float64),
        (9, 2, 8, np.float64),
    ):
        x = draw(seed, length, dtype)
        assert_close(solution.power(x, n_fft, hop), spectrum(x, n_fft, hop), rtol=1e-8)
    assert_close(solution.power(np.ones(1), 1, 1), np.full((1, 1), EDGE**2), atol=1e-12)


@points(4, group="mel filters", group_zh="梅尔滤波器")
@stated("bank", "tolerance")
@hint(
    en="In which unit are corners equally spaced, and in which do the sides rise linearly?",
    zh="三角形的顶点在哪种单位下等距？两边又在哪种单位下是线性的？",
)
@given(n_mels=st.integers(1, 12), n_fft=st.integers(4, 65), low=st.integers(0, 900))
@settings(max_examples=6)
def test_filters_by_definition(solution, n_mels, n_fft, low):
    for sr in (8000, 22050):
        assert_close(solution.mel_bank(n_mels, n_fft, sr), filters(n_mels, n_fft, sr), atol=1e-8)
        for high in (1000.0, sr / 2 - 7):
            found = solution.mel_bank(n_mels, n_fft, sr, float(low), high)
            assert_close(found, filters(n_mels, n_fft, sr, low, high), atol=1e-8)


@points(3, group="log-mel", group_zh="对数梅尔")
@stated("log", "signal", "tolerance")
@hint(en="What becomes of an energy just above the floor?", zh="刚刚高于下限的能量会怎样？")
@given(seed=SEEDS)
@settings(max_examples=3)
def test_log_energies_by_definition(solution, seed):
    for n_fft, hop, n_mels, sr, dtype, scale, floor in (
        (16, 5, 4, 8000, np.float64, 1.0, 1e-10),
        (24, 24, 6, 16000, np.int16, 1.0, 1e3),
        (15, 4, 3, 22050, np.float32, 1e-5, 1e-9),
        (16, 8, 20, 8000, np.float64, 2e-5, 2e-10),
    ):
        x = draw(seed, 50, dtype, scale)
        energies = spectrum(x, n_fft, hop) @ filters(n_mels, n_fft, sr).T
        wanted = [[math.log(max(e, floor)) for e in row] for row in energies.tolist()]
        found = solution.log_mel(x, sr, n_fft, hop, n_mels, floor)
        assert_close(found, np.array(wanted).reshape(energies.shape), rtol=1e-8)


@points(2, group="log-mel", group_zh="对数梅尔")
@stated("log", "bank", "power")
@contract("what the features are for: loudness adds a constant, a tone is loudest in the band around it")
@hint(en="What does twice the amplitude change?", zh="振幅加倍会改变什么？")
def test_loudness_and_pitch(solution, rng):
    x = rng.normal(size=400)
    quiet, loud = (solution.log_mel(a * x, 16000, 128, 50, 10) for a in (1.0, 2.0))
    assert quiet.shape == (6, 10)
    assert_close(loud - quiet, np.full((6, 10), math.log(4)), rtol=1e-8)
    for sr, band in ((8000, 3), (16000, 6), (16000, 9)):
        centre = corners(12, 0, sr / 2)[band + 1]
        found = solution.log_mel(tone(centre, sr, 2048), sr, 1024, 256, 12)
        assert found.argmax(axis=1).tolist() == [band] * 5


@points(1, group="log-mel", group_zh="对数梅尔")
@stated("log", "frames")
@contract("silence and signals too short, where logarithms and transforms complain")
@hint(en="What is the logarithm of silence?", zh="静音的对数是多少？")
def test_silence_and_nothing(solution):
    for length, count in ((40, 4), (15, 0), (0, 0), (16, 1)):
        for dtype in DTYPES:
            found = solution.log_mel(np.zeros(length, dtype=dtype), 8000, 16, 8, 3)
            assert_close(found, np.full((count, 3), math.log(1e-10)))
    assert_close(solution.power(np.ones(3), 4, 1), np.zeros((0, 3)))


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="Which bands cannot exist at this sample rate?", zh="在这个采样率下，哪些频带不可能存在？")
def test_what_makes_no_sense_is_refused(solution):
    x = np.ones(40)
    bad = [("frames", (signal, 2, 1)) for signal in (x[None], x.reshape(4, 10), np.array(1.0))]
    bad += [("frames", (x, *rest)) for rest in ((0, 1), (-1, 1), (2, 0), (2, -1))]
    bad += [("power", (signal, 2, 1)) for signal in (x[None], x[:, None])]
    bad += [("power", (x, *rest)) for rest in ((0, 1), (4, 0))]
    bad += [("mel_bank", rest) for rest in ((0, 8, 8000), (2, 0, 8000), (2, 8, 8000, -1.0), (2, 8, 8000, 4000.0))]
    bad += [("mel_bank", (2, 8, 8000, *band)) for band in ((100.0, 100.0), (200.0, 100.0), (0.0, 4001.0))]
    bad += [("log_mel", (x, 8000, *rest)) for rest in ((8, 2, 0), (0, 2, 2), (8, 0, 2))]
    bad += [("log_mel", (x, 8000, 8, 2, 2, floor)) for floor in (0.0, -1e-9, math.nan)]
    bad += [("log_mel", (x[None], 8000, 8, 2, 2))]
    for name, arguments in bad:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            getattr(solution, name)(*arguments)


@points(1, group="signal", group_zh="信号")
@stated("signal")
@hint(en="Whose samples do you multiply by the window?", zh="你是在谁的采样点上乘窗？")
def test_the_signal_stays_as_it_is(solution):
    x = draw(3, 30)
    wanted = {
        "power": ((8, 5), spectrum(x, 8, 5)),
        "log_mel": ((8000, 8, 5, 2), np.log(spectrum(x, 8, 5) @ filters(2, 8, 8000).T)),
    }
    for name, (rest, expected) in wanted.items():
        found, after = solution.run(signal_after, name, x, rest)
        assert_close(found, expected, rtol=1e-8)
        assert_equal(after, x)


@performance(points=2, of="log_mel", group="speed", group_zh="速度", at_least=3.0, times_faster_than="frame_by_frame")
@stated("speed")
def many_frames(rng):
    return (rng.normal(size=2000), 16000, 64, 8, 12), {}

"""Hidden checks of `masked-pooling`; expectations come from loops over tokens in float64."""

import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
LENGTHS = st.lists(st.integers(1, 6), min_size=1, max_size=4)
WIDTH = 5


def draw(seed, lengths, dtype=torch.float32, tokens=6, offset=0.0):
    """Draw token vectors, and a mask with these numbers of real tokens, padding at the end."""
    generator = torch.Generator().manual_seed(seed)
    h = torch.randn(len(lengths), tokens, WIDTH, generator=generator, dtype=torch.float64) * 3 + offset
    mask = torch.arange(tokens)[None, :] < torch.tensor(lengths)[:, None]
    return h.to(dtype), mask


def loop(reduce, h, mask):
    """Reduce the real values of each sentence and coordinate, one after the other."""
    rows = [
        [
            reduce([value for value, real in zip(column, keep, strict=True) if real] or [0.0])
            for column in zip(*sentence, strict=True)
        ]
        for sentence, keep in zip(h.tolist(), mask.tolist(), strict=True)
    ]
    return torch.tensor(rows, dtype=torch.float64).to(h.dtype)


def mean(values):
    return math.fsum(values) / len(values)


@points(3, group="mean", group_zh="平均值")
@stated("mean", "tolerance")
@hint(en="Divide by how many?", zh="除以多少？")
@given(seed=SEEDS, lengths=LENGTHS, dtype=st.sampled_from([torch.float32, torch.float64]))
@settings(max_examples=30)
def test_mean_of_the_real_tokens(solution, seed, lengths, dtype):
    h, mask = draw(seed, lengths, dtype, offset=1.0)
    assert_close(solution.masked_mean(h, mask), loop(mean, h, mask))


@points(3, group="maximum", group_zh="最大值")
@stated("maximum", "magnitude", "tolerance")
@hint(en="What if every real value is far below what you put at padding?", zh="如果真实值都远小于填充处的替代值呢？")
@given(seed=SEEDS, lengths=LENGTHS, scale=st.sampled_from([1.0, 1e30]))
@settings(max_examples=25)
def test_max_of_the_real_tokens(solution, seed, lengths, scale):
    for offset in (0.0, -20.0):
        h, mask = draw(seed, lengths, offset=offset)
        h = h * scale
        assert_equal(solution.masked_max(h, mask), loop(max, h, mask))


@points(3, group="padding leaves no trace", group_zh="填充不留痕迹")
@stated("padding-content")
@hint(en="What is NaN times zero?", zh="NaN 乘以零等于多少？")
@given(seed=SEEDS, lengths=LENGTHS)
@settings(max_examples=20)
def test_what_is_stored_at_padding_never_matters(solution, seed, lengths):
    h, mask = draw(seed, lengths)
    for junk in (math.nan, math.inf, -math.inf, 1e38):
        dirty = h.masked_fill(~mask[:, :, None], junk)
        assert_close(solution.masked_mean(dirty, mask), loop(mean, h, mask))
        assert_equal(solution.masked_max(dirty, mask), loop(max, h, mask))


@points(2, group="padding leaves no trace", group_zh="填充不留痕迹")
@stated("places")
@hint(en="Must padding stand at the end?", zh="填充一定在末尾吗？")
@given(seed=SEEDS, lengths=LENGTHS, extra=st.integers(0, 4))
@settings(max_examples=20)
def test_more_padding_and_another_order_of_tokens_change_nothing(solution, seed, lengths, extra):
    h, mask = draw(seed, lengths)
    order = torch.randperm(6 + extra, generator=torch.Generator().manual_seed(seed))
    longer = torch.nn.functional.pad(h, (0, 0, 0, extra), value=9.0)[:, order]
    wider = torch.nn.functional.pad(mask, (0, extra))[:, order]
    assert_close(solution.masked_mean(longer, wider), loop(mean, h, mask))
    assert_equal(solution.masked_max(longer, wider), loop(max, h, mask))


@points(2, group="empty sentences", group_zh="空句子")
@stated("empty-sentence")
@hint(en="What do you divide by when no token is real?", zh="没有真实词元时，除数是什么？")
@given(seed=SEEDS, full=st.lists(st.booleans(), min_size=1, max_size=3))
@settings(max_examples=15)
def test_a_sentence_without_real_tokens_gives_zeros(solution, seed, full):
    h, mask = draw(seed, [4 * one for one in [*full, False]])
    assert_close(solution.masked_mean(h, mask), loop(mean, h, mask))
    assert_equal(solution.masked_max(h, mask), loop(max, h, mask))


@points(2, group="dtypes", group_zh="数据类型")
@stated("mask-dtype", "dtype", "tolerance")
@hint(en="What dtype comes out when two dtypes meet?", zh="两种 dtype 相遇，得到哪一种？")
@given(seed=SEEDS, lengths=LENGTHS, dtype=st.sampled_from([torch.float16, torch.bfloat16, torch.float32]))
@settings(max_examples=20)
def test_floating_masks_leave_the_dtype_alone(solution, seed, lengths, dtype):
    h, mask = draw(seed, lengths, dtype, offset=2.0)
    for kind in (dtype, torch.float32, torch.float64):
        assert_close(solution.masked_mean(h, mask.to(kind)), loop(mean, h, mask))
        assert_equal(solution.masked_max(h, mask.to(kind)), loop(max, h, mask))


@points(1, group="dtypes", group_zh="数据类型")
@stated("magnitude")
@hint(en="How large may the sum of a sentence get?", zh="一个句子的总和可能有多大？")
@given(seed=SEEDS, lengths=st.lists(st.integers(30, 40), min_size=1, max_size=2))
@settings(max_examples=10)
def test_the_sum_of_half_precision_does_not_overflow(solution, seed, lengths):
    h, mask = draw(seed, lengths, torch.float16, tokens=40, offset=9000.0)
    assert_close(solution.masked_mean(h, mask), loop(mean, h, mask))


def gradients(module, h, mask, weights):
    """Return the gradients of the weighted sum of both results with respect to `h`."""
    slopes = []
    for pool in (module.masked_mean, module.masked_max):
        leaf = h.clone().requires_grad_()
        (pool(leaf.clone(), mask) * weights).sum().backward()
        slopes.append(leaf.grad)
    return slopes


@points(3, group="gradients", group_zh="梯度")
@stated("gradients", "tolerance")
@hint(en="A value that is discarded can still spoil the gradient.", zh="被丢弃的值仍可能破坏梯度。")
@given(seed=SEEDS, lengths=st.lists(st.integers(0, 6), max_size=3))
@settings(max_examples=15)
def test_gradients_are_those_of_the_real_tokens(solution, seed, lengths):
    h, mask = draw(seed, [*lengths, 3, 0])
    h = h.masked_fill(~mask[:, :, None], math.nan)
    weights = torch.arange(1.0, 1.0 + len(mask) * WIDTH).reshape(-1, WIDTH)
    of_mean, of_max = torch.zeros_like(h), torch.zeros_like(h)
    for b, length in enumerate(int(count) for count in mask.sum(dim=1)):
        for j in range(WIDTH if length else 0):
            column = h[b, :length, j].tolist()
            of_mean[b, :length, j] = weights[b, j] / length
            of_max[b, column.index(max(column)), j] = weights[b, j]
    slopes = solution.run(gradients, h, mask, weights)
    assert_close(slopes, [of_mean, of_max])
    for slope in slopes:
        assert not slope[~mask].any()


def pool_and_look(module, pool, h, mask):
    """Return the shape of the result, and the arguments after the call."""
    return tuple(getattr(module, pool)(h, mask).shape), h, mask


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("inputs")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_the_arguments_stay_as_they_are(solution, rng):
    h, mask = rng.tensor(2, 3, WIDTH), torch.tensor([[1, 1, 0], [0, 0, 0]])
    for pool in ("masked_mean", "masked_max"):
        for kind in (torch.bool, torch.float32):
            expected = ((2, WIDTH), h, mask.to(kind))
            assert_equal(solution.run(pool_and_look, pool, h, mask.to(kind)), expected)


@points(3, group="a real encoder", group_zh="真实编码器")
@stated("mean", "maximum", "tolerance")
@hint(en="Which dtype has the mask of a tokeniser?", zh="分词器给出的掩码是什么 dtype？")
def test_a_padded_batch_pools_like_each_sentence_alone(solution):
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=50,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=16,
    )
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(11)
        model = BertModel(config).eval()
        sentences = [torch.randint(1, 50, (length,)) for length in (9, 1, 4, 6)]
        ids = torch.nn.utils.rnn.pad_sequence(sentences, batch_first=True)
        mask = (ids != 0).long()
        h = model(input_ids=ids, attention_mask=mask).last_hidden_state
        alone = [model(input_ids=sentence[None]).last_hidden_state[0] for sentence in sentences]
    means = torch.stack([vectors.double().mean(dim=0) for vectors in alone]).float()
    maxima = torch.stack([vectors.amax(dim=0) for vectors in alone])
    assert_close(solution.masked_mean(h, mask), means, rtol=1e-4)
    assert_close(solution.masked_max(h, mask), maxima, rtol=1e-4)

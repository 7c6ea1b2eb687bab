"""Hidden checks of `authenticated-encryption`; HMAC is written out by its definition, the exclusive or byte by byte."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal, contract, hint, performance, points, stated

KEYS = st.binary(min_size=32, max_size=32)
NONCES = st.binary(min_size=16, max_size=16)
CONTEXTS = st.binary(max_size=20)
INNER, OUTER = (bytes.maketrans(bytes(range(256)), bytes(i ^ pad for i in range(256))) for pad in (0x36, 0x5C))


# ---- the oracle ----------------------------------------------------------------------------------


def mac(key, message):
    """Return the HMAC of a message under a key of 32 bytes."""
    block = key.ljust(64, b"\0")
    return hashlib.sha256(block.translate(OUTER) + hashlib.sha256(block.translate(INNER) + message).digest()).digest()


def number(value):
    return bytes(value >> shift & 255 for shift in range(56, -1, -8))


def tagged(key, sealed, context=b""):
    """Put the tag behind nonce and ciphertext."""
    return sealed + mac(mac(key, b"authenticate"), number(len(context)) + context + sealed)


def expected(key, nonce, plaintext, context=b""):
    encrypting = mac(key, b"encrypt")
    blocks = [mac(encrypting, nonce + number(i)) for i in range(len(plaintext) // 32 + 1)]
    ciphertext = bytes(a ^ b for a, b in zip(plaintext, b"".join(blocks), strict=False))
    return tagged(key, nonce + ciphertext, context)


def unseal_all(module, attempts):
    """Return what comes of each attempt: a plaintext, or a word where it was refused."""
    results = []
    for attempt in attempts:
        try:
            results.append(module.unseal(*attempt))
        except ValueError:
            results.append("refused")
    return results


def refused(solution, attempts):
    attempts = list(attempts)
    assert_equal(solution.run(unseal_all, attempts), ["refused"] * len(attempts))


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="sealing", group_zh="加密")
@stated("arguments", "subkeys", "stream", "tag", "layout")
@contract("the construction byte for byte; the other checks would be met by other ciphers")
@hint(en="Which key, which message, which counter?", zh="用哪个密钥、哪条消息、哪个计数？")
@given(key=KEYS, nonce=NONCES, plaintext=st.binary(max_size=100), context=CONTEXTS)
@settings(max_examples=25)
def test_blobs_as_they_are_defined(solution, key, nonce, plaintext, context):
    assert_equal(solution.seal(key, nonce, plaintext, context), expected(key, nonce, plaintext, context))
    assert_equal(solution.seal(key, nonce, plaintext), expected(key, nonce, plaintext))


@points(2, group="sealing", group_zh="加密")
@stated("stream", "arguments", "layout", "unseal")
@hint(en="Where does the stream end, and what comes after block 255?", zh="密钥流在哪里结束？第 255 块之后是什么？")
def test_long_texts_and_whole_blocks(solution, rng):
    key, nonce = rng.bytes(32), rng.bytes(16)
    for length in (31, 32, 33, 64, 9000):
        plaintext = b"\0" + rng.bytes(length - 1)
        blob = expected(key, nonce, plaintext)
        assert_equal(solution.seal(key, nonce, plaintext), blob)
        assert_equal(solution.unseal(key, blob), plaintext)


@points(3, group="reading", group_zh="解密")
@stated("unseal", "layout", "arguments")
@hint(en="What is the inverse of an exclusive or?", zh="异或的逆运算是什么？")
@given(key=KEYS, nonce=NONCES, plaintext=st.binary(max_size=70) | st.just(b""), context=CONTEXTS)
@settings(max_examples=20)
def test_unchanged_blobs_are_read(solution, key, nonce, plaintext, context):
    attempts = [(key, expected(key, nonce, plaintext, each), each) for each in (context, b"", b"\0")]
    ended = plaintext + bytes(2)
    attempts += [(key, expected(key, nonce, plaintext)), (key, expected(key, nonce, ended))]
    assert_equal(solution.run(unseal_all, attempts), [plaintext] * 4 + [ended])


@points(4, group="changes", group_zh="篡改")
@stated("changed")
@hint(en="Is every bit covered, those of nonce and tag too?", zh="每个比特都受保护吗？nonce 和标签的比特呢？")
@given(key=KEYS, nonce=NONCES, plaintext=st.binary(max_size=40), bit=st.integers(0, 7))
@settings(max_examples=10)
def test_every_flipped_bit_is_noticed(solution, key, nonce, plaintext, bit):
    blob = expected(key, nonce, plaintext, b"c")
    flipped = (blob[:i] + bytes([blob[i] ^ 1 << bit]) + blob[i + 1 :] for i in range(len(blob)))
    refused(solution, ((key, each, b"c") for each in flipped))


@points(2, group="changes", group_zh="篡改")
@stated("changed", "short")
@hint(en="What is the shortest blob there can be?", zh="最短的 blob 有多长？")
@given(key=KEYS, nonce=NONCES, plaintext=st.binary(max_size=40), more=st.binary(min_size=1, max_size=3))
@settings(max_examples=10)
def test_blobs_of_another_length_are_refused(solution, key, nonce, plaintext, more):
    blob = expected(key, nonce, plaintext)
    changed = [blob[:i] for i in range(len(blob))] + [blob[i:] for i in range(1, len(blob), 5)]
    changed += [blob + more, more + blob, blob[:16] + more + blob[16:], blob[:-32] + more + blob[-32:]]
    changed += [blob[:-32], blob[:-32] + blob[-32:].hex().encode(), blob + blob[-32:]]
    changed += [tagged(key, nonce[:length]) for length in (0, 1, 15)]
    refused(solution, ((key, each) for each in changed))


@points(3, group="changes", group_zh="篡改")
@stated("changed", "tag", "subkeys")
@hint(
    en="What does the tag cover, and could the same bytes mean something else?",
    zh="标签覆盖什么？同样的字节能否另有所指？",
)
@given(key=KEYS, other=KEYS, nonce=NONCES, plaintext=st.binary(min_size=16, max_size=40), context=CONTEXTS)
@settings(max_examples=12)
def test_another_key_context_or_meaning_is_refused(solution, key, other, nonce, plaintext, context):
    blob = expected(key, nonce, plaintext, context)
    attempts = [(key, blob, context + b"\0"), (key, blob, b"\0" + context), (key, blob, context[::-1] + b"x")]
    attempts += [(key, blob, context[:-1])] if context else []
    attempts += [(each, blob, context) for each in (other, key[::-1]) if each != key]
    # nonce and text moved into the context, and the other way round
    sealed, tag = blob[:-32], blob[-32:]
    attempts += [(key, sealed[cut:] + tag, context + sealed[:cut]) for cut in (1, 16)]
    attempts += [(key, context + blob, b"")] if context else []
    encrypting, signing = mac(key, b"encrypt"), mac(key, b"authenticate")
    wrong_tags = [mac(each, number(len(context)) + context + sealed) for each in (key, encrypting)]
    wrong_tags += [mac(signing, each) for each in (sealed, sealed[16:], plaintext, context + sealed)]
    wrong_tags += [mac(signing, number(len(context)) + context + nonce + plaintext), hashlib.sha256(sealed).digest()]
    attempts += [(key, sealed + each, context) for each in (*wrong_tags, bytes(32))]
    refused(solution, attempts)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("lengths")
@hint(en="Which keys and nonces are there?", zh="密钥和 nonce 可以是什么样的？")
def test_keys_and_nonces_of_another_length_are_refused(solution):
    key, nonce = b"k" * 32, b"n" * 16
    for length in (0, 1, 16, 31, 33, 64):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.seal(b"k" * length, nonce, b"text")
        refused(solution, [(b"k" * length, expected(b"k" * length, nonce, b"text")), (b"k" * length, b"")])
    for length in (0, 1, 12, 15, 17, 32):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.seal(key, b"n" * length, b"text")


def seal_all(module, key, nonces, plaintexts):
    return [module.seal(key, nonce, plaintext) for nonce in nonces for plaintext in plaintexts]


@points(1, group="sealing", group_zh="加密")
@stated("stream", "layout")
@contract("what a stream cipher is: one stream for each nonce, whatever the text, and nothing of the text shows")
@hint(en="What do two texts under one nonce have in common?", zh="同一个 nonce 下的两段密文有什么共同之处？")
@given(key=KEYS, nonce=NONCES, first=st.binary(min_size=40, max_size=40), second=st.binary(min_size=40, max_size=40))
@settings(max_examples=8)
def test_one_stream_for_each_nonce(solution, key, nonce, first, second):
    turned = bytes([nonce[0] ^ 1]) + nonce[1:]
    one, two, three, _ = (blob[16:56] for blob in solution.run(seal_all, key, [nonce, turned], [first, second]))
    texts = zip(first, second, strict=True)
    assert [a ^ b for a, b in zip(one, two, strict=True)] == [a ^ b for a, b in texts]
    assert one != three
    assert first not in (one, three)


@performance(points=1, of="seal", group="speed", group_zh="速度", at_least=3.0, times_faster_than="byte_after_byte")
@stated("speed")
def a_long_text(rng):
    return (rng.bytes(32), rng.bytes(16), rng.bytes(2**16)), {}

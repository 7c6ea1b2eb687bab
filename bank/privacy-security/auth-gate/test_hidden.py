"""Hidden checks of `auth-gate`; tokens are built here from base64 and HMAC by their definitions."""

import base64
import hashlib
import json
from http import HTTPStatus
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal, hint, points, stated

SECRET = b"a secret of the suite"
ROLES = {"reader": {"read"}, "writer": {"read", "amend"}, "nobody": set(), "Reader": {"amend"}}
PERMISSIONS = ["read", "amend", "rea", "reads", "Read", "", "reader"]
LETTERS = 'abzAZé中😀"\\/,.:;=-_+ []{}%0٣\n\t\x00\x7f\xa0\u2028\ud7ff\uffff'
USERS = st.text(LETTERS, max_size=8)
SECRETS = st.binary(min_size=1, max_size=20) | st.binary(min_size=65, max_size=80)
TIMES = st.integers(0, 10**12)
HALF = 2**31
UNKNOWN, DENIED = int(HTTPStatus.UNAUTHORIZED), int(HTTPStatus.FORBIDDEN)


# ---- inside the guest ----------------------------------------------------------------------------


def outcome(submission, gate, header, permission, now):
    """Return the user, or the status of the refusal; anything else comes out as it is."""
    try:
        return gate.check(header, permission, now)
    except submission.AuthError as refusal:
        return refusal.status


def outcomes(submission, secret, roles, requests):
    gate = submission.Gate(secret, roles)
    return [outcome(submission, gate, *request) for request in requests]


def outcomes_after_changes(submission, roles, requests):
    """Let the caller change roles behind the gate's back."""
    gate = submission.Gate(SECRET, roles)
    roles["nobody"].add("read")
    roles["writer"].discard("read")
    roles["guest"] = {"read"}
    del roles["reader"]
    return [outcome(submission, gate, *request) for request in requests]


def serve(submission, requests):
    """Decorate three functions, two with one name, by two gates; tell what each request gets and who was called."""
    first, second = submission.Gate(SECRET, ROLES), submission.Gate(SECRET, {"reader": {"amend"}})
    called = []

    @first.require("read")
    def show(user, *args, **kwargs):
        """Show things."""
        called.append(("show", user))
        return user, args, kwargs

    @first.require("amend")
    def store(user, *args, **kwargs):
        """Store things."""
        called.append(("store", user))
        raise LookupError(*args)

    def bare(user):
        called.append(("bare", user))

    routes = [show, store, second.require("amend")(bare), first.require("read")(bare)]
    replies = []
    for number, header, now, args, kwargs in requests:
        try:
            replies.append(routes[number](header, now, *args, **kwargs))
        except submission.AuthError as refusal:
            replies.append(refusal.status)
        except LookupError as error:
            replies.append(("raised", error.args))
    return replies, called, [(route.__name__, route.__doc__) for route in routes]


# ---- the oracle ----------------------------------------------------------------------------------


def sign(body, secret=SECRET):
    """Return the HMAC of a body by its definition."""
    block = (hashlib.sha256(secret).digest() if len(secret) > 64 else secret).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + body.encode()).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in block) + inner).hexdigest()


def make_body(user, role, expiry):
    texts = [json.dumps(text, ensure_ascii=False) for text in (user, role)]
    plain = base64.b64encode(f"[{texts[0]},{texts[1]},{expiry}]".encode()).decode()
    return plain.translate({ord("+"): "-", ord("/"): "_", ord("="): None})


def make_token(user, role="reader", expiry=HALF, secret=SECRET):
    body = make_body(user, role, expiry)
    return f"{body}.{sign(body, secret)}"


def refused(solution, headers, now=0):
    """Whether no header says who asks."""
    requests = [(header, "read", now) for header in headers]
    assert_equal(solution.run(outcomes, SECRET, ROLES, requests), [UNKNOWN] * len(requests))


# ---- the checks ----------------------------------------------------------------------------------


@points(3, group="tokens", group_zh="令牌")
@stated("token", "issue")
@hint(en="Which bytes exactly are encoded, and which are signed?", zh="到底编码的是哪些字节，签名的又是哪些？")
@given(user=USERS, role=st.sampled_from(sorted(ROLES)), now=TIMES, ttl=TIMES, secret=SECRETS)
@settings(max_examples=30)
def test_tokens_as_they_are_defined(solution, user, role, now, ttl, secret):
    token = solution.Gate(secret, ROLES).issue(user, role, now, ttl)
    assert_equal(token, make_token(user, role, now + ttl, secret))


@points(3, group="admission", group_zh="放行")
@stated("check", "permission", "auth-error", "secret")
@hint(en="What is 401, and what is 403?", zh="什么情况是 401，什么情况是 403？")
@given(user=USERS, secret=SECRETS)
@settings(max_examples=10)
def test_the_role_decides_about_good_tokens(solution, user, secret):
    requests, expected = [], []
    for role, permission in product([*ROLES, "owner", ""], PERMISSIONS):
        requests.append(("Bearer " + make_token(user, role, 1000, secret), permission, 999))
        expected.append(user if permission in ROLES.get(role, ()) else DENIED)
    assert_equal(solution.run(outcomes, secret, ROLES, requests), expected)


@points(2, group="admission", group_zh="放行")
@stated("expiry", "permission")
@hint(en="What happens in the very second of expiry, and to whom first?", zh="恰好到期的那一秒会怎样？先判断什么？")
@given(user=USERS, expiry=TIMES, early=st.integers(1, 1000), late=st.integers(0, 1000))
@settings(max_examples=15)
def test_a_token_is_good_until_it_expires(solution, user, expiry, early, late):
    headers = ["Bearer " + make_token(user, role, expiry) for role in ("reader", "nobody", "owner")]
    times = [expiry - early, expiry - 1, expiry, expiry + 1, expiry + late]
    requests = [(header, "read", now) for header in headers for now in times]
    expected = [user, user, UNKNOWN, UNKNOWN, UNKNOWN, *[DENIED, DENIED, UNKNOWN, UNKNOWN, UNKNOWN] * 2]
    assert_equal(solution.run(outcomes, SECRET, ROLES, requests), expected)


@points(2, group="headers", group_zh="请求头")
@stated("header", "check")
@hint(en="What exactly stands between the word and the token?", zh="单词与令牌之间究竟是什么？")
def test_only_one_form_of_header_is_good(solution):
    token = make_token("Eve")
    bad = [None, "", " ", "abc", "Bearer", "Bearer ", "Bearer  ", "Bearer .", token, f" {token}", f"Bearer{token}"]
    bad += [f"{scheme} {token}" for scheme in ("Basic", "Token", "Bear", "Bearers", "XBearer", "", "Bearer Bearer")]
    bad += [f"Bearer  {token}", f" Bearer {token}", f"Bearer\t{token}", f"Bearer\xa0{token}", f"Bearer:{token}"]
    bad += [f"Bearer {token}{after}" for after in (" ", "\n", "\t", " x", ",", ".", "=", "\0", ".x")]
    bad += [f"Bearer {token}".replace(".", dot) for dot in ("", "..", " ", ".x.", ":")]
    refused(solution, bad)
    good = [(f"{scheme} {token}", "read", 0) for scheme in ("Bearer", "bearer", "BEARER", "bEaReR")]
    assert_equal(solution.run(outcomes, SECRET, ROLES, good), ["Eve"] * 4)


@points(3, group="forgery", group_zh="伪造")
@stated("forged")
@hint(en="Is every character of the token covered, the last one too?", zh="令牌的每个字符都受到保护吗？最后一个也是？")
@given(user=USERS, letter=st.sampled_from("A0z-_f."), case=st.booleans())
@settings(max_examples=8)
def test_a_change_of_any_character_is_noticed(solution, user, letter, case):
    token = make_token(user)
    forged = {token[:i] + letter + token[i + 1 :] for i in range(len(token))}
    forged |= {token[:i] + letter + token[i:] for i in range(0, len(token) + 1, 3)} | {
        token[:-1],
        token[1:],
        token[:20],
    }
    body, _, signature = token.partition(".")
    forged |= {f"{body}.{part}" for part in (signature.upper(), signature[:16], signature * 2, "", signature[::-1])}
    forged |= {f"{body}{more}.{signature}" for more in ("=", "==", "A", "\n", " ")}
    forged.add(token.upper() if case else token.lower())
    refused(solution, [f"Bearer {each}" for each in sorted(forged - {token})])


@points(3, group="forgery", group_zh="伪造")
@stated("forged", "token")
@hint(en="What of the token is signed, with what, and by what?", zh="令牌的哪一部分被签名？用什么密钥、什么算法？")
@given(first=USERS, second=USERS)
@settings(max_examples=10)
def test_parts_of_other_tokens_do_not_make_a_token(solution, first, second):
    bodies = [make_body(first, "nobody", HALF), make_body(first, "reader", 2 * HALF), make_body(second, "writer", 5)]
    forged = {f"{one}.{sign(two)}" for one in bodies for two in bodies if one != two}
    target = bodies[1]
    forged |= {f"{target}.{sign(target, secret)}" for secret in (b"", b"k", SECRET[:-1], SECRET + b"x")}
    for message in (target.encode(), SECRET + target.encode(), target.encode() + SECRET):
        forged |= {f"{target}.{hashlib.new(kind, message).hexdigest()}" for kind in ("sha256", "md5")}
    forged |= {f"{target}.{signature}" for signature in ("", "none", "0" * 64, sign(""), sign(f"{target}."))}
    refused(solution, [f"Bearer {each}" for each in sorted(forged)])


@points(3, group="headers", group_zh="请求头")
@stated("any-text", "header")
@hint(
    en="Which functions of the standard library dislike which characters?",
    zh="标准库里哪些函数容不下哪些字符？",
)
@given(texts=st.lists(st.text(LETTERS, max_size=12), min_size=4, max_size=12))
@settings(max_examples=12)
def test_no_text_leads_to_another_exception(solution, texts):
    strange = ["é", "中.文", "W10.\u0660", "....", "W10", "bnVsbA.x", "\0.\0", "=.=", "%.%s", "{}.{}", "\ud7ff", "1.1"]
    headers = [*texts, *(f"Bearer {text}" for text in (*texts, *strange))]
    headers += [f"Bearer {make_body('Eve', 'reader', HALF)}.{text}" for text in texts]
    refused(solution, headers)


@points(2, group="roles", group_zh="角色")
@stated("roles", "permission")
@hint(en="Whose sets are these?", zh="这些集合归谁所有？")
def test_later_changes_of_the_roles_do_not_matter(solution):
    roles = ["reader", "writer", "nobody", "guest"]
    requests = [("Bearer " + make_token("Eve", role), "read", 0) for role in roles]
    assert_equal(solution.run(outcomes_after_changes, ROLES, requests), ["Eve", "Eve", DENIED, DENIED])


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("secret", "issue-errors")
@hint(en="Which tokens make no sense?", zh="什么样的令牌没有意义？")
def test_what_makes_no_sense_is_refused(solution):
    gate = solution.Gate(SECRET, ROLES)
    for role, ttl in (("owner", 5), ("", 5), ("READER", 5), ("reader", -1)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            gate.issue("Eve", role, 100, ttl)
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.Gate(b"", ROLES)
    assert_equal(gate.issue("Eve", "nobody", 100, 0), make_token("Eve", "nobody", 100))


@points(3, group="guarded functions", group_zh="受保护的函数")
@stated("require", "denied", "routes")
@hint(
    en="Who is called with what, and who is not called at all? What is the function's name afterwards?",
    zh="谁以什么参数被调用？谁根本不该被调用？装饰之后函数叫什么名字？",
)
@given(user=USERS, amount=st.integers(0, 100))
@settings(max_examples=8)
def test_functions_behind_the_gate(solution, user, amount):
    reader, writer = ("Bearer " + make_token(user, role, 1000) for role in ("reader", "writer"))
    calls = [
        (
            (0, reader, 999, (amount, "x"), {"rate": 0.5, "user_id": 3}),
            (user, (amount, "x"), {"rate": 0.5, "user_id": 3}),
        ),
        ((0, writer, 1000, (), {}), UNKNOWN),
        ((0, None, 0, (), {}), UNKNOWN),
        ((1, reader, 999, (amount,), {}), DENIED),
        ((1, writer, 999, (amount,), {}), ("raised", (amount,))),
        ((2, reader, 999, (), {}), None),
        ((2, writer, 999, (), {}), DENIED),
        ((3, writer, 999, (), {}), None),
        ((0, writer, 999, (), {}), (user, (), {})),
    ]
    replies, called, names = solution.run(serve, [request for request, _ in calls])
    assert_equal(replies, [reply for _, reply in calls])
    assert_equal(called, [(name, user) for name in ("show", "store", "bare", "bare", "show")])
    assert_equal(names, [("show", "Show things."), ("store", "Store things."), ("bare", None), ("bare", None)])

"""What a candidate reads first: the task, the times, the rules, the scoring. In Markdown, English or Chinese."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from grader.question import Feedback, Question, Visibility
from grader.takehome.assessment import AiUse, LateRule
from grader.takehome.sshsig import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.question import Language
    from grader.rubric import AnyQuestion
    from grader.takehome.assessment import Assessment
    from grader.takehome.invitation import Asked, Invitation

_EN: dict[str, str] = {
    "for": "For {candidate}, attempt {attempt}.",
    "questions": "## What is asked",
    "columns": "| folder | question | minutes | points |",
    "minutes": "The minutes are what a prepared person needs for each: {total} in all.",
    "steps": """\
## What to do

1. Run `python check.pyz doctor`. It says whether your Python (3.11 or newer) has what the public tests need; what is
   missing is in `environment/requirements.txt`. Nothing of this needs a network once it is installed.
2. In each folder read `statement.html` or `statement.md`, and answer in the file that lies there: {files}.
   Keep its name. Any editor will do.
3. Run `python check.pyz check` as often as you like. It runs the public tests on your machine, and tells nobody.
4. Fill in `disclosure.toml`, run `python check.pyz pack`, and send the `answer-….zip` it writes.
""",
    "times": "## When",
    "window": "- The window: {opens} to {closes}. Write your own time beside it.",
    "duration": "- Your time: {duration}, from the moment you begin. Tell whoever invited you when you begin; "
    "if you tell nobody, it begins when the\n"
    "  window opens, or with this invitation if that is later.",
    "receipt": "- **The time at which your file is received decides**, not a time that your machine wrote. "
    "You get a receipt.",
    "grace": "- What comes up to {grace} after your time counts as in time.",
    "refuse": "- What comes later is not taken.",
    "accept": "- What comes later is taken, and marked late{until}.",
    "deduct": "- Each begun {each} after your time costs {percent:g} % of the points{until}.",
    "until": ", up to {until} after it",
    "several": "- You may send more than one; the newest that is in time counts.",
    "signed": "- These terms are signed, and `check.pyz doctor` compares every file with them. To check the signature "
    "yourself, with OpenSSH: `ssh-keygen -Y verify -f allowed_signers -I {id} -n {namespace} -s invitation.json.sig "
    "< invitation.json`. Whoever invited you can tell you the line in `allowed_signers`.",
    "rules": "## Rules",
    "forbidden": "- **AI assistants: none.** Do not use them for this.",
    "disclosed": "- **AI assistants: yes, and say so.** Write into `disclosure.toml` which you used, and for what.",
    "free": "- **AI assistants: as you like.** You need not say which.",
    "own": "- Books, documentation and the web are allowed. The work is yours: do not share the questions "
    "or your answers.",
    "files": "- Only the files named above are handed in; others in their folders are left where they are.",
    "retakes": "- There are {attempts} attempts, the next one {after} after the one before at the earliest{other}.",
    "no retakes": "- There is one attempt.",
    "other": ", with other questions",
    "scoring": "## How it is scored",
    "hidden": "The public tests show the interface. Points are given by hidden tests: they check what the "
    "statement says, on inputs you do not see.",
    "group": "| what is checked | points |",
    "words": "Answers in words are marked by key points.",
    "card": "Two people read your answers, each alone, and rate them by this card; it gives no points.",
    "levels": "| level | what it means |",
    "person": "A person decides what follows from the points; no number does so by itself. If you think "
    "that a test is wrong, say so: all answers are graded again.",
    "privacy": "Your answer is kept under the code {candidate}; ask whoever invited you for your data, or "
    "to have it deleted.",
}
_ZH: dict[str, str] = {
    "for": "{candidate}，第 {attempt} 次。",
    "questions": "## 题目",
    "columns": "| 文件夹 | 题目 | 分钟 | 分值 |",
    "minutes": "分钟数是有准备的人每题所需的时间，合计 {total} 分钟。",
    "steps": """\
## 怎么做

1. 运行 `python check.pyz doctor`。它会检查你的 Python（3.11 或更新）是否具备公开测试所需的包；缺少的包列在
   `environment/requirements.txt` 里。装好之后，全程无需网络。
2. 在每个文件夹里阅读 `statement.html` 或 `statement.md`，在其中的文件里作答：{files}。请保留文件名，编辑器不限。
3. 可以随时运行 `python check.pyz check`。它只在你的机器上运行公开测试，不会告诉任何人。
4. 填写 `disclosure.toml`，运行 `python check.pyz pack`，提交它写出的 `answer-….zip`。
""",
    "times": "## 时间",
    "window": "- 开放时间：{opens} 至 {closes}。请换算成你的当地时间。",
    "duration": "- 作答时间：自你开始起 {duration}。开始时请告诉邀请你的人；若没有告知，则从开放时刻算起；"
    "邀请发出更晚的，从邀请时刻算起。",
    "receipt": "- **以收到文件的时间为准**，而不是你的机器写下的时间。你会收到回执。",
    "grace": "- 超出作答时间 {grace} 之内收到的，仍算按时。",
    "refuse": "- 更晚的不予接收。",
    "accept": "- 更晚的仍会接收，并标记为迟交{until}。",
    "deduct": "- 超出作答时间后，每开始一个 {each}，扣除 {percent:g} % 的分数{until}。",
    "until": "，最迟到其后 {until}",
    "several": "- 可以提交多次；以按时收到的最新一份为准。",
    "signed": "- 以上条款带有签名，`check.pyz doctor` 会据此核对每个文件。如需用 OpenSSH 自行验证签名："
    "`ssh-keygen -Y verify -f allowed_signers -I {id} -n {namespace} -s invitation.json.sig < invitation.json`。"
    "`allowed_signers` 里的那一行可以向邀请你的人核实。",
    "rules": "## 规则",
    "forbidden": "- **AI 助手：不可使用。** 本测试中请不要使用。",
    "disclosed": "- **AI 助手：可以使用，但须说明。** 请在 `disclosure.toml` 里写明用了什么、用在哪里。",
    "free": "- **AI 助手：可以自由使用。** 无需说明。",
    "own": "- 可以查阅书籍、文档和网络。作答须由你本人完成；请不要分享题目或答案。",
    "files": "- 只提交上面列出的文件；文件夹里的其他文件不会提交。",
    "retakes": "- 共有 {attempts} 次机会，两次之间至少相隔 {after}{other}。",
    "no retakes": "- 只有一次机会。",
    "other": "，题目不同",
    "scoring": "## 如何评分",
    "hidden": "公开测试展示接口。分数由隐藏测试给出：它们用你看不到的输入，检查题面所说的内容。",
    "group": "| 检查内容 | 分值 |",
    "words": "文字作答按要点评分。",
    "card": "两位评审各自独立阅读你的作答，并按下表评级；评级不计分。",
    "levels": "| 等级 | 含义 |",
    "person": "由人根据分数作出决定，分数本身不决定任何事。如果你认为某项测试有误，请提出来：所有答案都会重新评分。",
    "privacy": "你的作答以代号 {candidate} 保存；如需查询或删除你的数据，请联系邀请你的人。",
}
_WORDS: dict[Language, dict[str, str]] = {"en": _EN, "zh": _ZH}
_UNITS: dict[Language, tuple[str, str, str]] = {
    "en": ("{:g} minutes", "{:g} hours", "{:g} days"),
    "zh": ("{:g} 分钟", "{:g} 小时", "{:g} 天"),
}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_LEVELS = list(Feedback)  # the narrowest first


@dataclass(frozen=True)
class Posed:
    """A question as it stands in an invitation."""

    asked: Asked
    question: AnyQuestion


def notice(assessment: Assessment, invitation: Invitation, posed: Sequence[Posed]) -> str:
    """Return the text of `README.md`."""
    say = _WORDS[invitation.language]
    parts = [
        f"# {assessment.title.in_language(invitation.language)}\n",
        say["for"].format(candidate=invitation.candidate, attempt=invitation.attempt) + "\n",
        *_questions(posed, invitation.language),
        say["steps"].format(files=", ".join(f"`{each.asked.folder}/{each.asked.files[0]}`" for each in posed)),
        *_times(assessment, invitation),
        *_rules(assessment, invitation.language),
        *_scoring(assessment, invitation.language, posed),
        *_card(assessment, invitation.language),
        say["privacy"].format(candidate=invitation.candidate) + "\n",
    ]
    return "\n".join(parts)


def groups(question: AnyQuestion, points: float, language: Language) -> dict[str, float]:
    """Return the points of each group of hidden checks, of what the question counts in this assessment."""
    found: dict[str, float] = {}
    for check in question.checks:
        name = check.group.in_language(language)
        found[name] = found.get(name, 0.0) + check.points
    return {name: own * points / question.max_points for name, own in found.items() if own}


def feedback_on(assessment: Assessment, question: AnyQuestion) -> Feedback:
    """Return what a candidate learns of a question: the narrower of the assessment's and the question's feedback."""
    return min(assessment.feedback, question.spec.feedback, key=_LEVELS.index)


def tells_groups(assessment: Assessment, question: AnyQuestion) -> bool:
    """Whether a candidate is told of groups."""
    return feedback_on(assessment, question) in {Feedback.CATEGORY, Feedback.FULL}


def hidden_share(question: AnyQuestion) -> float:
    """Return the part of the points that hidden checks decide on."""
    hidden = sum(check.points for check in question.checks if check.visibility is Visibility.HIDDEN)
    return hidden / question.max_points


def span(duration: timedelta, language: Language) -> str:
    """Return a time in words, as in `3 hours`."""
    minutes = duration / timedelta(minutes=1)
    unit, size = (
        (0, 1) if minutes < 60 or (minutes < 120 and minutes % 60) else (1, 60) if minutes < 2880 else (2, 1440)
    )
    text = _UNITS[language][unit].format(round(minutes / size, 2))
    return text.removesuffix("s") if text.startswith("1 ") else text


def moment(when: datetime, language: Language) -> str:
    """Return a moment in UTC, as in `Tue 1 December 2026, 08:00 UTC`."""
    own = when.astimezone(UTC)
    if language == "zh":
        return f"{own.year} 年 {own.month} 月 {own.day} 日 {own:%H:%M} UTC"
    # not by %a and %B: they follow the locale of the machine
    return f"{_DAYS[own.weekday()]} {own.day} {_MONTHS[own.month - 1]} {own.year}, {own:%H:%M} UTC"


def _questions(posed: Sequence[Posed], language: Language) -> Iterator[str]:
    say = _WORDS[language]
    yield say["questions"] + "\n"
    yield say["columns"] + "\n|---|---|---:|---:|"
    for each in posed:
        asked, title = each.asked, each.question.spec.title.in_language(language)
        link = f"[{asked.folder}]({asked.folder}/statement.html)"
        yield f"| {link} | {title} | {asked.minutes} | {asked.points:g} |"
    yield "\n" + say["minutes"].format(total=sum(each.asked.minutes for each in posed)) + "\n"


def _times(assessment: Assessment, invitation: Invitation) -> Iterator[str]:
    language, late = invitation.language, assessment.late
    say = _WORDS[language]
    yield say["times"] + "\n"
    opens, closes = (moment(when, language) for when in (invitation.opens, invitation.closes))
    yield say["window"].format(opens=opens, closes=closes)
    yield say["duration"].format(duration=span(invitation.duration, language))
    yield say["receipt"]
    if invitation.grace:
        yield say["grace"].format(grace=span(invitation.grace, language))
    until = say["until"].format(until=span(late.until, language)) if late.until is not None else ""
    each = span(late.each, language).removeprefix("1 ") if late.each is not None else ""
    yield say[late.rule.value].format(each=each, percent=late.percent or 0, until=until)
    if late.rule is not LateRule.REFUSE and late.until is not None:
        yield say["refuse"]
    yield say["several"]
    yield say["signed"].format(id=assessment.id, namespace=NAMESPACE) + "\n"


def _rules(assessment: Assessment, language: Language) -> Iterator[str]:
    say, retakes = _WORDS[language], assessment.retakes
    yield say["rules"] + "\n"
    note = assessment.ai.note.in_language(language) if assessment.ai.note is not None else ""
    yield f"{say[assessment.ai.use.value]} {note}".rstrip()
    yield say["own"]
    yield say["files"]
    other = say["other"] if retakes.other_questions else ""
    told = {"attempts": retakes.allowed + 1, "after": span(retakes.after, language), "other": other}
    yield (say["retakes"].format(**told) if retakes.allowed else say["no retakes"]) + "\n"


def _scoring(assessment: Assessment, language: Language, posed: Sequence[Posed]) -> Iterator[str]:
    say = _WORDS[language]
    yield say["scoring"] + "\n"
    if any(isinstance(each.question, Question) for each in posed):
        yield say["hidden"]
    if any(not isinstance(each.question, Question) for each in posed):
        yield say["words"]
    yield say["person"] + "\n"
    for each in posed:
        yield f"### {each.asked.folder}: {each.asked.points:g}\n"
        found = groups(each.question, each.asked.points, language)
        if tells_groups(assessment, each.question) and len(found) > 1:
            yield say["group"] + "\n|---|---:|"
            for name, points in found.items():
                yield f"| {_cell(name)} | {round(points, 2):g} |"
            yield ""


def _card(assessment: Assessment, language: Language) -> Iterator[str]:
    """Tell what people look at beside the points, with the anchors that raters have before them."""
    if not assessment.scorecard:
        return
    say = _WORDS[language]
    yield say["card"] + "\n"
    for each in assessment.scorecard:
        yield f"### {each.title.in_language(language)}\n"
        yield say["levels"] + "\n|---:|---|"
        for level, anchor in enumerate(each.anchors, start=1):
            yield f"| {level} | {_cell(anchor.in_language(language))} |"
        yield ""


def _cell(text: str) -> str:
    return text.replace("|", "&#124;")


def must_disclose(assessment: Assessment) -> bool:
    """Whether an answer has to say which assistants were used."""
    return assessment.ai.use is AiUse.DISCLOSED

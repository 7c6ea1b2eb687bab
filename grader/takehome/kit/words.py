"""What `check.pyz` says, in English and in Chinese."""

from __future__ import annotations

import sys

ZH = {
    "Python {version}": "Python {version}",
    "{name} {version}": "{name} {version}",
    "{name} {version}; it is graded with {wanted}": "{name} {version}；评分时用的是 {wanted}",
    "{name} is missing": "缺少 {name}",
    "To have the same as where it is graded:": "要与评分环境相同，请运行：",
    "Nothing is missing.": "什么都不缺。",
    "Without what is missing, the public tests of these questions cannot be run: {names}. You can pack without it.":
        "缺少这些时，下列题目的公开测试无法运行：{names}。不影响打包。",
    "{path} is missing": "缺少 {path}",
    "{path} is not as it was handed out": "{path} 与发放时不同",
    "Unpack the bundle again, into another folder, and copy it from there.":
        "请把材料包重新解压到另一个文件夹，再从那里复制。",
    "All {count} files are as they were handed out.": "全部 {count} 个文件都与发放时相同。",
    "passed": "通过", "failed": "未通过", "error": "抛出异常", "timeout": "超时", "crashed": "崩溃",
    "forbidden": "使用了被禁止的内容", "not run": "未运行", "everything": "全部",
    "memory": "内存", "output": "输出", "processes": "进程",
    "descriptors": "文件", "measured": "评分时测量",
    "hint": "提示",
    "It did not end within {seconds} s.": "在 {seconds} 秒内没有结束。",
    "Its process ended with status {status}.": "进程以状态 {status} 结束。",
    "is not there yet": "还不存在",
    "{name} is not installed; `python check.pyz doctor` says how to get it":
        "没有安装 {name}；`python check.pyz doctor` 会说明如何安装",
    "Public tests passed: {passed} of {count}.": "公开测试通过：{count} 项中的 {passed} 项。",
    "{checks} hidden tests decide on {share} of the points.": "{checks} 项隐藏测试决定 {share} 的分数。",
    "{checks} hidden tests in {groups} groups decide on {share} of the points.":
        "{groups} 组共 {checks} 项隐藏测试决定 {share} 的分数。",
    "Answered in words; there is nothing to run.": "文字作答，没有可运行的测试。",
    "not answered": "未作答",
    "as it was handed out: not answered": "与发放时相同：未作答",
    "has {count} characters; one of more than {most} is not read": "有 {count} 个字符；超过 {most} 个的不会被阅读",
    "only the line `answer:` may be filled in; the others stay as they were":
        "只能填写 `answer:` 这一行，其余各行保持原样",
    "{letter} is the letter of no option": "{letter} 不是任何选项的字母",
    "{count} options are chosen": "选择了 {count} 项",
    "ready": "已就绪",
    "is no Python: line {line}: {message}": "不是合法的 Python：第 {line} 行：{message}",
    "cannot be read by Python: {message}": "Python 无法读取：{message}",
    "is larger than {size} KiB; hand in the answer alone": "大于 {size} KiB；只交答案本身",
    "is a link; put the file itself there": "是一个链接；请放入文件本身",
    "is no text in UTF-8; save it as UTF-8": "不是 UTF-8 文本；请以 UTF-8 保存",
    "Nothing is answered yet; there is nothing to pack.": "还没有作答，没有可打包的内容。",
    "disclosure.toml cannot be read: {message}": "disclosure.toml 无法读取：{message}",
    "disclosure.toml: `{name}` is no entry of this form; take it out":
        "disclosure.toml：`{name}` 不是此表的项目；请删去",
    "disclosure.toml: `assistants` is empty; write what you used and for what, or \"none\"":
        "disclosure.toml：`assistants` 为空；请写明用了什么、用在哪里，没有则写 \"none\"",
    "disclosure.toml: the entries are too long; {size} KiB are allowed":
        "disclosure.toml：内容过长；最多 {size} KiB",
    "disclosure.toml: `{name}` must be {kind}; write {name} = {example}":
        "disclosure.toml：`{name}` 应为{kind}；请写成 {name} = {example}",
    "text": "文本", "a number": "数字",
    "Wrote {name} ({size} KiB).": "已写入 {name}（{size} KiB）。",
    "Send this file. What counts is when it is received: within your time, and by {due} at the latest.":
        "请提交这个文件。以收到的时间为准：须在作答时间之内，且最迟 {due}。",
    "Pack again as often as you like: send the newest.": "可以多次打包，提交最新的即可。",
    "no question has the folder {name}; there are {names}": "没有文件夹为 {name} 的题目；现有 {names}",
    "invitation.json cannot be read; unpack the bundle again": "invitation.json 无法读取；请重新解压材料包",
}  # fmt: skip


def say(language: str, text: str, **values: object) -> str:
    """Return a sentence of ours in a language, with its values."""
    return (ZH[text] if language == "zh" else text).format(**values)


def tell(text: str) -> None:
    """Write a line."""
    sys.stdout.write(f"{text}\n")

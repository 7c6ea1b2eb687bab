"""Interview documents in many layouts, made up here; with each, what a careful reader finds in it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Expected:
    """What stands in one item."""

    question: str
    """How it begins."""
    kind: str = "short"
    points: tuple[str, ...] | None = None
    answer: str = ""
    """A part of it."""
    languages: tuple[str, ...] = ()
    analysis: str = ""
    closed: bool = True
    line: int | None = None


@dataclass(frozen=True)
class Sample:
    """One document and its items."""

    name: str
    text: str
    items: tuple[Expected, ...]
    left_out: tuple[str, ...] = field(default=())


HEADINGS_IN_ENGLISH = Sample(
    "headings in English, no markers, lists within lists, a command line that is no answer",
    """\
# Optimizers: what would you ask?

A dozen questions on training. Skip what you do not need.

## Q1. What does momentum change?

It averages gradients over steps:

- **Noise**: single batches matter less
    - the average is exponential
    - its length is about 1 / (1 - beta)
- **Ravines**: steps across them cancel out

## Q2. How is the learning rate of the first steps chosen?

Warm-up starts near zero. Adam's second moments are still unreliable. Large batches need it most.

```bash
python train.py --warmup 500
```

## Q3: Write the cosine schedule

```
import math


def rate(step, steps, top):
    return top * (1 + math.cos(math.pi * step / steps)) / 2


print(rate(0, 10, 1.0))
```

It ends at zero.

## References

Some book.
""",
    (
        Expected("What does momentum change?", points=("Noise", "Ravines"), answer="exponential", line=5),
        Expected(
            "How is the learning rate",
            points=(
                "Warm-up starts near zero",
                "Adam's second moments are still unreliable",
                "Large batches need it most",
            ),
            answer="--warmup 500",
            line=14,
        ),
        Expected("Write the cosine schedule", "code", languages=("python",), answer="ends at zero", line=22),
    ),
    ("Optimizers: what would you ask?", "References"),
)

BOLD_IN_CHINESE = Sample(
    "no heading at all: numbers in bold, answers by a word and a colon",
    """\
下面的题目供内部练习使用。

**1. 为什么要做梯度裁剪？**

答：防止梯度爆炸。它不会改变梯度的方向；只限制长度。

**2、什么时候不该用批归一化？**

答案：
1. 批次太小：统计量不可靠
2. 序列长度不一：填充会混进统计量

解析：可以换成层归一化。

**3. 写一个数值稳定的 logsumexp**

答：

```python
import math
def logsumexp(xs):
    top = max(xs)
    return top + math.log(sum(math.exp(x - top) for x in xs))
```

难度：中等
""",
    (
        Expected("为什么要做梯度裁剪？", points=("防止梯度爆炸", "它不会改变梯度的方向", "只限制长度")),
        Expected("什么时候不该用批归一化？", points=("批次太小", "序列长度不一"), analysis="层归一化"),
        Expected("写一个数值稳定的 logsumexp", "code", languages=("python",)),
    ),
)

PARTS_AS_HEADINGS = Sample(
    "the parts are headings, code in two languages, and one block is never closed",
    """\
# 卷积练习

## 第1题 手写一维卷积

不使用任何库。

### 参考答案

滑动窗口求和。

### 示例代码

```python
def conv(xs, w):
    n = len(w)
    ## 2. 每个窗口求和
    return [sum(a * b for a, b in zip(xs[i:i + n], w)) for i in range(len(xs) - n + 1)]
```

```java
class Conv { }
```

### 解析

复杂度是 O(nk)。

## 第2题 池化有什么用？

### 参考答案

```python
def pool(xs):
    return [max(pair) for pair in zip(xs[::2], xs[1::2])]

### 解析

减小分辨率。

## 第3题 感受野如何计算？

### 参考答案

逐层递推。
""",
    (
        Expected(
            "手写一维卷积\n不使用任何库", "code", languages=("python", "java"), answer="滑动窗口", analysis="O(nk)"
        ),
        Expected("池化有什么用？", "code", languages=("python",), analysis="减小分辨率", closed=False),
        Expected("感受野如何计算？", points=("逐层递推",)),
    ),
    ("卷积练习",),
)

TABLE = Sample(
    "a table: one row for each question",
    """\
# Evaluation

| No | Question | Answer | Key points |
|---|:---:|---|---|
| 1 | What is recall? | Hits over all that should be found | hits; misses |
| 2 | What is **precision**? | Hits over all that were found | hits; false alarms |

# Appendix

| metric | range |
|---|---|
| F1 | 0 to 1 |
""",
    (
        Expected("What is recall?", points=("hits", "misses"), answer="Hits over all that should", line=5),
        Expected("What is precision?", points=("hits", "false alarms"), line=6),
    ),
    ("Appendix",),
)

DIALOGUE = Sample(
    "Q and A, folded away in HTML, with a block in a list that is indented",
    """\
Team screening, second round
============================

Q: Why is attention divided by the root of d?
A: The variance of the scores grows with d. Without it softmax saturates.

Q2: Show it.

<details>
<summary>Answer</summary>

- in three lines:

  ~~~py
  import math
  d = 64
  print(1 / math.sqrt(d))
  ~~~

</details>

Q: Which choice is right?
A. the first
B. the second

A: B, since the mask comes before softmax.
""",
    (
        Expected(
            "Why is attention divided",
            points=("The variance of the scores grows with d", "Without it softmax saturates"),
        ),
        Expected("Show it.", "code", languages=("python",)),
        Expected("Which choice is right?\nA. the first\nB. the second", answer="B, since"),
    ),
)

NUMBERED_LINES = Sample(
    "numbered lines below section headings, indented answers, rules between, words at the end",
    """\
## Part A: Data

1. What is leakage?
   The test set influences training.
   - scaling before the split
   - duplicates across the split
2. Why shuffle?

   Batches should look like the whole.

---

## Part B: Models

1) Why residual connections?
   1. gradients flow
   2. layers may be skipped

---

Good luck, and do not forget to sleep!
""",
    (
        Expected("What is leakage?", points=("scaling before the split", "duplicates across the split"), line=3),
        Expected("Why shuffle?", answer="look like the whole"),
        Expected("Why residual connections?", points=("gradients flow", "layers may be skipped")),
    ),
)

BRACKETS = Sample(
    "brackets as markers, mixed languages, a block that another one ends, and one that the document ends",
    """\
【题目1】用 NumPy 实现 softmax
【答案】
```python
import numpy as np
x = np.array([1.0, 2.0])
print(np.exp(x) / np.exp(x).sum())
【解析】没有减去最大值。

【题目2】Explain label smoothing.
【要点】软标签、置信度、校准

【题目3】给出 SGD 的一步
【答案】
```c++
w -= lr * g;
```python
w = 1.0
w -= 0.1 * 2.0
""",
    (
        Expected("用 NumPy 实现 softmax", "code", languages=("python",), analysis="最大值", closed=False),
        Expected("Explain label smoothing.", points=("软标签", "置信度", "校准")),
        Expected("给出 SGD 的一步", "code", languages=("cpp", "python"), closed=False),
    ),
)

DEEP = Sample(
    "sections, items below them at another level, sub-headings that are no parts, an item without an answer",
    """\
# Handbook

## 1. Serving

### What is continuous batching?

#### Idea

Requests join and leave between steps.

#### Cost

The cache is paged.

### What is speculative decoding?

**Answer:** A small model proposes, the large one checks.

**Example code:**

```python
def accept(p, q, u):
    return u < min(1, p / q)
```

### Why quantise the cache?

## 2. Training

### What is ZeRO?

> **Answer** It shards optimizer states, gradients and weights.
""",
    (
        Expected("What is continuous batching?", answer="Requests join"),
        Expected("What is speculative decoding?", "code", languages=("python",), answer="A small model proposes"),
        Expected("Why quantise the cache?"),
        Expected("What is ZeRO?", answer="It shards"),
    ),
    ("Handbook", "1. Serving", "2. Training"),
)

SAMPLES = (
    HEADINGS_IN_ENGLISH,
    BOLD_IN_CHINESE,
    PARTS_AS_HEADINGS,
    TABLE,
    DIALOGUE,
    NUMBERED_LINES,
    BRACKETS,
    DEEP,
)

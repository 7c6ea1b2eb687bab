"""Forms: what a blueprint asks for is in each, they are alike, and what cannot be says why."""

from __future__ import annotations

import time
from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stock import assessment, blueprint, question, stock

from grader.errors import InputError
from grader.proof.ledger import State
from grader.takehome.assembly import assemble
from grader.takehome.demand import fits
from grader.takehome.forms import Forms, as_yaml, read_forms
from grader.takehome.programme import INFEASIBLE, Programme, Row

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from grader.takehome.assessment import Assessment
    from grader.takehome.stock import Stocked

pytest.importorskip("scipy", reason="scipy is not installed")


def made(asked: Assessment, questions: Collection[Stocked], count: int = 1) -> Forms:
    return assemble(asked, "0" * 64, questions, count)


def refusal(asked: Assessment, questions: Collection[Stocked], count: int = 1) -> str:
    with pytest.raises(InputError) as caught:
        made(asked, questions, count)
    return str(caught.value)


# --- what is asked for is there --------------------------------------------------------------------------------------

sizes = st.fixed_dictionaries(
    {"count": st.integers(1, 2)},
    optional={
        "family": st.sampled_from(["family-0", "family-1"]),
        "difficulty": st.sampled_from(["easy", "medium", "hard"]),
        "minutes": st.sampled_from([[5, 20], [10, 34]]),
        "points": st.sampled_from([10, 20]),
    },
)


@settings(deadline=None, max_examples=25)
@given(st.lists(sizes, min_size=1, max_size=3), st.integers(1, 3), st.integers(0, 50), st.booleans())
def test_every_form_is_what_the_blueprint_says(
    parts: list[dict[str, Any]], count: int, seed: int, exclusive: bool
) -> None:
    """Whatever is asked: each form has it, or the message names what excludes what."""
    more = {"exposure": 1} if exclusive else {}
    asked, questions = blueprint(*parts, minutes=[10, 150], **more), stock(24, families=3, seed=seed)
    try:
        forms = made(asked, questions, count)
    except InputError as error:
        assert "blueprint." in str(error) or "asked for" in str(error)  # noqa: PT017  either is an answer
        return
    assert asked.blueprint is not None
    by_id = {one.id: one for one in questions}
    for form in forms.forms:
        assert form.minutes == sum(by_id[each.id].minutes for each in form.questions)
        assert 10 <= form.minutes <= 150
        assert len({each.id for each in form.questions}) == len(form.questions)
        for index, part in enumerate(asked.blueprint.parts, start=1):
            mine = [each for each in form.questions if each.part == index]
            assert len(mine) == part.count
            assert all(fits(part, by_id[each.id]) and by_id[each.id].proven for each in mine)
            assert all(part.points is None or each.points == part.points for each in mine)
    used = Counter(each.id for form in forms.forms for each in form.questions)
    assert max(used.values()) == 1 or not exclusive
    tolerance = asked.blueprint.tolerance
    for one, other in combinations(forms.forms, 2):
        assert abs(one.minutes - other.minutes) <= tolerance.minutes
        assert abs(one.points - other.points) <= tolerance.points
        assert one.difficulty == other.difficulty
        shared = {each.id for each in one.questions} & {each.id for each in other.questions}
        assert forms.shared[f"{one.name} {other.name}"] == len(shared)


def test_what_is_not_proven_is_not_chosen() -> None:
    questions = [question("a/stale", state=State.STALE), question("a/raw", state=State.UNPROVEN), question("a/good")]

    assert [each.id for each in made(blueprint({"count": 1}), questions).forms[0].questions] == ["a/good"]


def test_a_question_that_is_left_out_is_not_chosen() -> None:
    questions = [question("a/one"), question("a/two")]

    assert made(blueprint({"count": 1}, without=["a/one"]), questions).forms[0].questions[0].id == "a/two"


def test_one_question_answers_one_part() -> None:
    """Two parts that ask for the same sort get two questions."""
    forms = made(blueprint({"count": 1}, {"count": 1}), [question("a/one"), question("a/two")])

    assert {each.id for each in forms.forms[0].questions} == {"a/one", "a/two"}


def test_two_on_one_topic_stand_in_one_form_only_if_wished() -> None:
    twins = [question("a/one", topic="t"), question("a/two", topic="t")]

    assert "blueprint.topics_once" in refusal(blueprint({"count": 2}), twins)
    assert len(made(blueprint({"count": 2}, topics_once=False), twins).forms[0].questions) == 2


def test_enemies_are_kept_apart() -> None:
    three = [question(f"a/{name}") for name in ("one", "two", "three")]
    forms = made(blueprint({"count": 2}, apart=[["a/one", "a/two"]]), three)

    assert "a/three" in {each.id for each in forms.forms[0].questions}
    assert "a/one and a/two are kept apart" in refusal(blueprint({"count": 2}, apart=[["a/one", "a/two"]]), three[:2])


# --- forms are alike and apart ---------------------------------------------------------------------------------------


def test_no_question_is_in_two_forms_where_there_are_enough() -> None:
    assert sum(made(blueprint({"count": 2}), [question(f"a/q{n}") for n in range(8)], 4).shared.values()) == 0


@pytest.mark.parametrize(("count", "least"), [(5, 3), (6, 0), (4, 6)])
def test_as_few_are_shared_as_must_be(count: int, least: int) -> None:
    """Three forms of two questions, of fewer than six: the pairs of forms that share one are as few as can be.

    Of 5, one is in two forms (1). Of 4, two are (2). Of 6, none.
    """
    forms = made(blueprint({"count": 2}), [question(f"a/q{n}") for n in range(count)], 3)

    assert sum(forms.shared.values()) == {5: 1, 6: 0, 4: 2}[count] <= least


def test_the_totals_are_as_near_as_they_can_be() -> None:
    """10 + 40 and 20 + 30: only this way do both forms take 50 minutes."""
    questions = [question(f"a/q{minutes}", minutes=minutes) for minutes in (10, 20, 30, 40)]
    forms = made(blueprint({"count": 2}, tolerance={"minutes": 30}), questions, 2)

    assert [form.minutes for form in forms.forms] == [50, 50]


def test_the_same_choice_gives_the_same_file(tmp_path: Path) -> None:
    """The order of the stock means nothing; the file can be read back."""
    asked, questions = blueprint({"count": 2}, {"count": 1, "difficulty": "hard"}), stock(30)
    first, second = made(asked, questions, 3), made(asked, questions[::-1], 3)
    file = tmp_path / "forms.yaml"
    file.write_text(as_yaml(first), encoding="utf-8")

    assert as_yaml(first) == as_yaml(second)
    assert read_forms(file) == first


def test_another_assessment_begins_with_other_questions() -> None:
    """A large bank is not used from its first letter on."""
    questions = stock(200)
    asked = [blueprint({"count": 1}).model_copy(update={"id": f"assessment-{n}"}) for n in range(4)]

    assert len({made(each, questions).forms[0].questions[0].id for each in asked}) > 1


def test_a_large_bank_takes_seconds() -> None:
    """Four forms of twelve from 600: ten seconds at most, nothing in common, alike within the tolerances."""
    parts = [{"count": 2, "family": f"family-{n}"} for n in range(6)]
    asked = blueprint(*parts, minutes=[120, 240], tolerance={"minutes": 2, "points": 1})
    started = time.process_time()
    forms = made(asked, stock(600), 4)

    assert time.process_time() - started < 10
    assert sum(forms.shared.values()) == 0
    assert forms.spread.minutes <= 2
    assert forms.spread.points <= 1
    assert forms.spread.difficulty == 0


# --- what cannot be says why -----------------------------------------------------------------------------------------


def test_a_shortage_says_what_is_asked_for_and_what_there_is() -> None:
    questions = [
        question("rl/dqn", difficulty="hard"),
        question("rl/ppo", difficulty="hard", state=State.UNPROVEN),
        question("rl/td", difficulty="easy"),
    ]
    told = refusal(blueprint({"count": 3, "difficulty": "hard", "family": "rl"}), questions)

    assert "3 hard questions of family rl are asked for, 1 is proven; prove more: grade verify rl/ppo" in told


def test_only_the_demands_that_exclude_each_other_are_named() -> None:
    """Six distinct hard questions of four cannot be; the minutes and the easy part have nothing to do with it."""
    questions = [question(f"a/h{n}", difficulty="hard") for n in range(4)]
    questions += [question(f"a/e{n}", difficulty="easy") for n in range(9)]
    asked = blueprint({"count": 2, "difficulty": "hard"}, {"count": 1}, exposure=1, minutes=[10, 100])
    told = refusal(asked, questions, 3)

    assert "2 hard questions; 4 are proven (blueprint.parts.0)" in told
    assert "no question in more than 1 of the forms (blueprint.exposure)" in told
    assert "minutes" not in told
    assert "blueprint.parts.1" not in told


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(st.integers(-2, 2), min_size=4, max_size=5), min_size=2, max_size=6))
def test_a_conflict_is_irreducible(rows: list[list[int]]) -> None:
    """The demands named have no solution together, and without any one of them they have."""
    programme = Programme()
    for _ in range(4):
        programme.variable()
    for index, (*weights, least) in enumerate(rows):
        programme.demand(str(index), [Row(dict(enumerate(map(float, weights[:4]))), float(least), 1e6)])
    if programme.solve() is not None:
        return
    conflict = programme.conflict()

    assert conflict
    assert alone(conflict) == INFEASIBLE
    assert all(alone([each for each in conflict if each is not left]) != INFEASIBLE for left in conflict)


def alone(demands: Collection[Any]) -> int:
    """How a programme of these demands alone ends."""
    programme = Programme()
    for _ in range(4):
        programme.variable()
    return int(programme._run(demands, programme.costs).status)


# --- by hand ---------------------------------------------------------------------------------------------------------


def test_listed_questions_are_one_form() -> None:
    questions = [question("a/one", points=7.0), question("a/two")]
    forms = made(assessment(questions=["one", {"id": "a/two", "points": 30}]), questions)

    assert [(each.id, each.points, each.part) for each in forms.forms[0].questions] == [
        ("a/one", 7.0, None),
        ("a/two", 30.0, None),
    ]
    assert "the same one" in refusal(assessment(questions=["one"]), questions, 2)

"""A question from a template: a model fills its slots, and what it cannot fill the template fills itself."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.draft.manuscript import Manuscript, make_spec
from grader.draft.templates.template import Translation
from grader.models.conversation import NoReplyError

if TYPE_CHECKING:
    from grader.draft.brief import Brief
    from grader.draft.journal import Journal, Note
    from grader.draft.templates.template import Slots, Template
    from grader.models.conversation import Conversation

SLOT_TOKENS = 320
WARMTH = 0.4
DRAWS = 3
"""Replies that are drawn until one has words that can be used."""


@dataclass(frozen=True)
class TemplateWriter:
    """Writes a manuscript by a template."""

    template: Template
    conversation: Conversation | None
    """With the model; without one the template's own words are taken."""
    translate: bool
    """Whether the model is asked for the Chinese words too, which only a large one knows."""

    seed: int = 0
    """Of what the template chooses itself."""

    def write(self, brief: Brief, name: str, journal: Journal) -> Manuscript:
        """Fill the slots and return the question.

        Args:
            brief: what is wished for.
            name: id of the question.
            journal: gets a stage for each thing that is asked.

        Raises:
            RefusalError: there is no answer to be had; one that cannot be used is no reason.
        """
        rng = random.Random(f"{name} {self.seed}")
        slots, defaults = self.template.defaults(rng), tuple(self.template.slots.model_fields)
        words = self.template.chinese(slots)
        conversation = self.conversation
        if conversation is not None:
            with journal.stage("slots") as note:
                slots, defaults = self._slots(brief, conversation, slots, note)
            words = self.template.chinese(slots)
            if self.translate:
                with journal.stage("translation") as note:
                    words = self._words(conversation, slots, words, note)
        return Manuscript(
            spec=self._spec(brief, name, slots, words),
            files=self.template.files(slots, words),
            ours=True,
            filled={**slots.model_dump(), "chinese": words.model_dump()},
            defaults=defaults,
        )

    def _slots(self, brief: Brief, conversation: Conversation, own: Slots, note: Note) -> tuple[Slots, tuple[str, ...]]:
        """Ask for the slots; keep the template's own where no reply can be used."""
        fields = len(self.template.slots.model_fields)
        note.offered = fields
        try:
            slots, mended = self._best(brief, conversation)
        except NoReplyError as error:
            note.text = f"the template's own words: {error}"
            return own, tuple(self.template.slots.model_fields)
        note.kept = fields - len(mended)
        note.text = f"the template's own {' and '.join(mended)}" if mended else "filled in by the model"
        return slots, mended

    def _best(self, brief: Brief, conversation: Conversation) -> tuple[Slots, tuple[str, ...]]:
        """Draw slots a few times, until all the words of one can be used; return the best, with what was mended."""
        question = self._question(brief)
        drawn = []
        for number in range(DRAWS):
            said = conversation.ask(
                self.template.slots,
                question,
                stage="slots",
                max_tokens=SLOT_TOKENS,
                temperature=WARMTH,
                variation=number,
            )
            drawn.append(self.template.mend(said, brief.topic, question))
            if not drawn[-1][1]:
                break
        return min(drawn, key=lambda pair: len(pair[1]))

    def _question(self, brief: Brief) -> str:
        """Ask by example: a small model repeats a description of what is wanted, and goes on with a list."""
        settings = self.template.settings.values()
        examples = "\n".join(f"title: {each.title}\nstory: {each.story}" for each in settings)
        return (
            f"Exam questions on {self.template.summary} have a title, and a story of one sentence without numbers:\n"
            f"{examples}\nWrite the title and the story of a new one, set elsewhere, and choose the rest. "
            f"Its topic: {brief.topic}"
        )

    def _words(self, conversation: Conversation, slots: Slots, own: Translation, note: Note) -> Translation:
        question = (
            "Translate the title and the story of this exam question into Simplified Chinese.\n"
            f"title: {slots.title}\nstory: {slots.story}"
        )
        note.offered = len(Translation.model_fields)
        try:
            words = conversation.ask(Translation, question, stage="translation", max_tokens=SLOT_TOKENS)
        except NoReplyError as error:
            note.text = f"the template's own words: {error}"
            return own
        note.kept, note.text = note.offered, "translated by the model"
        return words

    def _spec(self, brief: Brief, name: str, slots: Slots, words: Translation) -> dict[str, object]:
        template = self.template
        return make_spec(
            brief,
            name,
            title=slots.title,
            chinese=words.title,
            exports=template.exports(slots),
            packages=template.packages,
            skills=template.skills,
            minutes=template.minutes,
        )

    def repair(self, _manuscript: Manuscript, _faults: tuple[str, ...], _journal: Journal) -> Manuscript | None:
        """Mend nothing: where the words of a model are at fault they are in no place to be mended one by one."""
        return None

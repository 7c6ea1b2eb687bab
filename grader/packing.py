"""How the jobs of a batch travel to another machine: each with the folder of its question, and of its solutions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from grader.cluster.freight import load
from grader.question import Question

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from grader.batch import Job

FOLDER, SOLUTIONS = "bank", "solutions"


class QuestionFreight:
    """See `Freight`."""

    def needs(self, job: Job) -> Mapping[str, float]:
        """Return a GPU for a question that cannot do without."""
        question = job.question
        return {"GPU": 1} if isinstance(question, Question) and question.spec.environment.device == "cuda" else {}

    def cargo_of(self, job: Job) -> str:
        """Return the question's id."""
        return job.question.qualified_id

    def pack(self, job: Job) -> dict[str, bytes]:
        """Read both folders."""
        return {**load(job.question.folder, FOLDER), **load(job.question.solutions, SOLUTIONS)}

    def unpacked(self, job: Job, folder: Path) -> Job:
        """Return the job with its question where it was unpacked, each folder."""
        return replace(job, question=replace(job.question, folder=folder / FOLDER, solutions=folder / SOLUTIONS))

"""The bundle: one zip for one candidate, the same bytes whenever it is made of the same invitation.

    README.html README.md              the task, the times, the rules, the scoring
    invitation.json                    what is asked and by when, signed
    invitation.json.sig                the signature, for `ssh-keygen -Y verify`
    allowed_signers                    whose it is
    disclosure.toml                    filled in by the candidate
    check.pyz                          doctor, check, pack
    environment/requirements.txt
    1-masked-pooling/                  statement.html, statement.md, and
        solution.py test_public.py     of a question that asks for code
        answer.yaml images/            of one that asks for words

Every file comes from a list of what a candidate may have, none by leaving out what is secret.
"""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.answers import choice
from grader.bank import statement
from grader.handout import form, sources, to_hand_in
from grader.question import Question, Visibility
from grader.report.pages.prose import prose_page
from grader.rubric import ChoiceSpec
from grader.takehome.archive import make_archive
from grader.takehome.disclosure import disclosure_form
from grader.takehome.environment import needs, pinned, requirements
from grader.takehome.invitation import handed_out
from grader.takehome.kit.packing import FORM, zipped
from grader.takehome.kit.terms import digest_of_letter
from grader.takehome.notice import hidden_share, must_disclose, notice, tells_groups
from grader.takehome.packed import LARGEST
from grader.takehome.sshsig import allowed_signers, signature

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.question import Language
    from grader.takehome.assessment import Assessment
    from grader.takehome.invitation import Invitation
    from grader.takehome.notice import Posed

LOCK, ARCHIVE, LETTER = "environment/requirements.txt", "check.pyz", "invitation.json"
SIGNATURE, SIGNERS = "invitation.json.sig", "allowed_signers"
PATIENCE = 5
"""By how much a check may take longer at the candidate's than where it is graded."""


@dataclass(frozen=True)
class Order:
    """All that a bundle is made of."""

    assessment: Assessment
    invitation: Invitation
    posed: tuple[Posed, ...]
    lock: Mapping[str, str]
    """Versions that the project pins."""


def make_bundle(order: Order, key: bytes) -> bytes:
    """Return the bytes of a bundle."""
    files = bundle_files(order, key)
    return zipped(files)


def bundle_files(order: Order, key: bytes) -> dict[str, bytes]:
    """Return the files of a bundle by their paths."""
    own = {each.asked.folder: _question_files(each, order.invitation, key) for each in order.posed}
    handed_in = {f"{each.folder}/{name}" for each in order.invitation.asked for name in each.files}
    files = {f"{folder}/{name}": data for folder, found in own.items() for name, data in found.items()}
    text = notice(order.assessment, order.invitation, order.posed)
    needed = {each.asked.folder: needs(each.question) for each in order.posed if isinstance(each.question, Question)}
    # pytest says more of a failing assert than the kit's own runner, which does without it
    pins = pinned({name for names in needed.values() for name in (*names, "pytest")}, order.lock)
    files |= _texts("README", text, order.invitation.language)
    files[LOCK] = requirements(pins, _python()).encode()
    files[ARCHIVE] = make_archive(_terms(order, key, pins, needed, files))
    files[SIGNERS] = allowed_signers(key, order.assessment.id).encode()
    fixed = {path: hashlib.sha256(data).hexdigest() for path, data in sorted(files.items()) if path not in handed_in}
    letter = (json.dumps(handed_out(order.invitation, key, fixed), indent=1, ensure_ascii=False) + "\n").encode()
    form_text = disclosure_form(order.invitation.language, required=must_disclose(order.assessment))
    return {**files, LETTER: letter, SIGNATURE: signature(key, letter).encode(), FORM: form_text.encode()}


def _python() -> str:
    return ".".join(platform.python_version_tuple()[:2])


def _question_files(each: Posed, invitation: Invitation, key: bytes) -> dict[str, bytes]:
    question, language = each.question, invitation.language
    texts = _texts("statement", statement(question, language), language)
    if isinstance(question, Question):
        return {**texts, **sources(question)}
    return {**texts, **form(question, choice.draw(key, question.qualified_id, invitation.id))}


def _texts(name: str, text: str, language: Language) -> dict[str, bytes]:
    """Return a text as Markdown and as a page."""
    return {f"{name}.md": text.encode(), f"{name}.html": prose_page(text, language).encode()}


def _terms(
    order: Order, key: bytes, pins: Mapping[str, str], needed: Mapping[str, Sequence[str]], files: Mapping[str, bytes]
) -> dict[str, object]:
    """Return what `check.pyz` knows."""
    direct = sorted({name for names in needed.values() for name in names})
    return {
        "language": order.invitation.language,
        "invitation": digest_of_letter(handed_out(order.invitation, key, {})),
        "packages": {name: pins[name] for name in direct},
        "largest": LARGEST,
        "disclosed": must_disclose(order.assessment),
        "questions": {
            each.asked.folder: {
                "title": each.question.spec.title.in_language(order.invitation.language),
                "kind": each.question.spec.kind,
                "file": to_hand_in(each.question),
                "needs": list(needed.get(each.asked.folder, ())),
                "starters": {name: _digest(files[f"{each.asked.folder}/{name}"]) for name in each.asked.files},
                **_own_terms(each, order.assessment, files),
            }
            for each in order.posed
        },
    }


def _own_terms(each: Posed, assessment: Assessment, files: Mapping[str, bytes]) -> dict[str, object]:
    """Return what is known of questions of this kind alone."""
    question = each.question
    if isinstance(question, Question):
        return _code_terms(question, assessment)
    if isinstance(question.spec, ChoiceSpec):
        form_text = files[f"{each.asked.folder}/{to_hand_in(question)}"].decode()
        return {"choose": question.spec.choose, "form": form_text}
    return {"characters": question.spec.characters}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _code_terms(question: Question, assessment: Assessment) -> dict[str, object]:
    spec = question.spec
    hidden = [check for check in question.checks if check.visibility is Visibility.HIDDEN]
    measured = [check for check in question.checks if check.performance and check.visibility is Visibility.PUBLIC]
    told: dict[str, object] = {"checks": len(hidden), "share": f"{hidden_share(question):.0%}"}
    if tells_groups(assessment, question):
        told["groups"] = len({check.group.en for check in hidden})
    return {
        "exports": list(spec.submission.exports),
        "packages": list(spec.environment.packages),
        "threads": spec.environment.threads,
        "forbidden": {"imports": list(spec.forbidden.imports), "calls": list(spec.forbidden.calls)},
        "patience": PATIENCE * spec.limits.check_wall,
        "public": len(question.checks) - len(hidden) - len(measured),
        "hidden": told,
    }

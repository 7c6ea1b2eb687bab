"""The templates there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.draft.templates.aggregation import AGGREGATION
from grader.draft.templates.metric import METRIC
from grader.draft.templates.optimizer import OPTIMIZER
from grader.draft.templates.sampler import SAMPLER
from grader.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from grader.draft.templates.template import Template

TEMPLATES: dict[str, Template] = {template.name: template for template in (AGGREGATION, METRIC, OPTIMIZER, SAMPLER)}


def find_template(name: str) -> Template:
    """Return a template by its name.

    Raises:
        InputError: there is none of that name.
    """
    if name not in TEMPLATES:
        cure = did_you_mean(name, TEMPLATES) or f"The templates are {', '.join(TEMPLATES)}"
        raise InputError(f"there is no template {name!r}", cure=cure)
    return TEMPLATES[name]

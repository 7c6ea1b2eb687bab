"""The templates there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.draft.templates.aggregation import AGGREGATION
from grader.draft.templates.attention import ATTENTION
from grader.draft.templates.layer import LAYER
from grader.draft.templates.loss import LOSS
from grader.draft.templates.metric import METRIC
from grader.draft.templates.optimizer import OPTIMIZER
from grader.draft.templates.quantizer import QUANTIZER
from grader.draft.templates.sampler import SAMPLER
from grader.draft.templates.step import STEP
from grader.draft.templates.transform import TRANSFORM
from grader.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from grader.draft.templates.template import Template

_ALL = AGGREGATION, ATTENTION, LAYER, LOSS, METRIC, OPTIMIZER, QUANTIZER, SAMPLER, STEP, TRANSFORM
TEMPLATES: dict[str, Template] = {template.name: template for template in _ALL}


def find_template(name: str) -> Template:
    """Return a template by its name.

    Raises:
        InputError: there is none of that name.
    """
    if name not in TEMPLATES:
        cure = did_you_mean(name, TEMPLATES) or f"The templates are {', '.join(TEMPLATES)}"
        raise InputError(f"there is no template {name!r}", cure=cure)
    return TEMPLATES[name]

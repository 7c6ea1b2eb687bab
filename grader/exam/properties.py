"""How Hypothesis runs in an exam: secret seeds, no database, no deadline; hidden examples are not made small."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, settings


def use_profile() -> None:
    """Load our Hypothesis profile: secret seeds, no database, no deadline."""
    settings.register_profile(
        "grader",
        database=None,
        deadline=None,
        derandomize=False,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors],
    )
    settings.load_profile("grader")
    _draw_no_constants_of_ours()


def _draw_no_constants_of_ours() -> None:
    """Have Hypothesis draw no literals out of the grader's source, where that is no installed package.

    It looks through every local module that is imported at that moment, which differs between commands: a seed would
    not mean the same examples in each. Every examiner would parse them anew, too.
    """
    from hypothesis.internal.conjecture import providers

    provider: Any = providers.HypothesisProvider
    if hasattr(provider, "_local_constants"):  # older versions draw none
        provider._local_constants = type(providers._local_constants)()  # a new one: who imports us may have searched


def steer(function: Any, seed: int, *, shrink: bool) -> None:
    """Set a property's seed, and whether a failing example is made small; hidden ones are not: nobody sees them."""
    function._hypothesis_internal_use_seed = seed  # what hypothesis.seed() sets
    function._hypothesis_internal_database_key = None  # else a digest of the source, for a database that there is not
    own = function._hypothesis_internal_use_settings or settings.default
    phases = (Phase.explicit, Phase.generate, Phase.shrink) if shrink else (Phase.explicit, Phase.generate)
    function._hypothesis_internal_use_settings = settings(own, phases=phases)

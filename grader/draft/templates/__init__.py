"""Questions that are sound by construction but for their words and parameters, which a model fills in."""

"""Mutants of a reference: one small mistake each, which the hidden suite must notice."""

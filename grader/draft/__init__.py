"""A language model proposes a question, and the proof disposes: what becomes of a topic until it is proven or refused."""

"""A language model proposes a question, and the proof disposes."""

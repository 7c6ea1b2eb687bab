"""Key points that wait for a person: queued, offered with their like, decided, applied to verdicts."""

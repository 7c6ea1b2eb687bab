"""The desk of an assessment: what was received, graded and decided, in a database that shows tampering."""

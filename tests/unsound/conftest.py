"""These suites are run by the grader on a submission, never by pytest on itself."""

collect_ignore = ["bank", "solutions"]

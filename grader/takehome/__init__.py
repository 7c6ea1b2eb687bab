"""Take-homes: from a blueprint to parallel forms, and what a cohort's results say of questions and of each other."""

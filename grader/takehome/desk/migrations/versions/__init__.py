"""One file for each form of the database. A file that was ever released is never changed."""

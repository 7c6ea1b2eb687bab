"""Other machines: an engine on Ray, the process that does the work on each of them, and what it is given to do it."""

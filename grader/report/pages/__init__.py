"""Pages for a browser, each one self-contained: no script, no request, nothing but the file."""

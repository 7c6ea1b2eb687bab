"""Interview documents in Markdown become a list of items: what is asked, what is answered, whether its code runs."""

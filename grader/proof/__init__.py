"""Is a question sound? Its own solutions are graded as its folders say they must be."""

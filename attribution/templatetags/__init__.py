"""Template tags of the pages; they format what they are given and look nothing up."""

"""Places that texts speak of: found by a gazetteer that ships inside a package, and told apart by what else a text names.

The modules need the libraries of workers, so kinds import them where they use them.
"""

"""A service of one table, with everything that a real one has; it stands for all of them in the tests of `common`."""

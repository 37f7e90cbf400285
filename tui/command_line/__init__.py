"""The command line: one table of options, and everything that is made from it."""

"""Data sets: generated, or read from files of the user's own."""

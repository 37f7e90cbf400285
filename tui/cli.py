"""The command `bptui`."""


def main() -> int:
    """Run the command line."""
    return 0

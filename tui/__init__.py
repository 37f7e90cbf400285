"""The terminal side of bptui: the command line and the dashboard."""

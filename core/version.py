"""The version of bptui, read by the packaging and by `bptui --version`."""

VERSION = "0.1.0"

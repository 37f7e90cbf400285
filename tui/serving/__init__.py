"""The dashboard as a web page: the extra `bptui[web]`."""

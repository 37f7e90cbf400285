"""Training beside other ways to train the same network: `python -m benchmarks.training`."""

"""Training a network: steps, pace, history and snapshots."""

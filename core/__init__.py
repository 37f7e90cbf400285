"""Small multilayer perceptrons in plain NumPy, their training, and the proof of their gradients."""

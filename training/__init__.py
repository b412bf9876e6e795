"""PyTorch networks, losses, data, training loop and evaluation."""

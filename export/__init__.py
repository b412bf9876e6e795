"""PyTorch networks to ONNX graphs to model bundles, with parity reports."""

"""The networks: the one home of torch modules."""

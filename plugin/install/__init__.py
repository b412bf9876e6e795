"""``tinct install``: puts what a host needs into the host's own folders, and takes it out again."""

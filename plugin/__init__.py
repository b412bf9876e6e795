"""Host-neutral effect in OpenFX terms and thin host adapters."""

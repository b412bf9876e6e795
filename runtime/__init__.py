"""The engine: media, bundles, backends, sessions, composition. No torch, no Qt, no host API."""

"""One file a command. A command imports what it needs when it runs, never at import."""

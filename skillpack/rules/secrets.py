"""Rules on what must not leave: files and texts that look like credentials."""

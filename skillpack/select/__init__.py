"""Walk a skill's directory and decide which files are packed."""

"""Read a skill's files from where they are stored."""

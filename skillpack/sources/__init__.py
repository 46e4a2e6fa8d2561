"""Read the files of a skill from a directory, from memory, from an installed package or from a git revision."""

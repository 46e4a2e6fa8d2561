"""Rules on the ignore files: lines that do nothing, and those that do too much."""

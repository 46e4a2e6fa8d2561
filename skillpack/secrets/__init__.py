"""Find and mask credentials in text."""

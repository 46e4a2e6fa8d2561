"""Pack a skill and put it into request bodies."""

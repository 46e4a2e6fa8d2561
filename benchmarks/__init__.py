"""Ours side by side with what people do today: how long it takes, and what is found."""

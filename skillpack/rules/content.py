"""Rules on what single files hold: references, scripts, text."""

"""Write canonical zips, and read zips: canonical ones and those of other tools."""

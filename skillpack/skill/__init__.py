"""Define the values a skill is made of: its files, its selection, its frontmatter."""

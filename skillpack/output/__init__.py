"""A report to text, JSON, SARIF or GitHub's annotations; reads no file, prints nothing."""

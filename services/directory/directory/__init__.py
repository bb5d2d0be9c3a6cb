"""Directory (名录): who an enterprise or a laboratory is, what it may do, and where it lies."""

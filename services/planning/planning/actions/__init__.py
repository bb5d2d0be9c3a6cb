"""What can be done in planning: load, check, change, record."""

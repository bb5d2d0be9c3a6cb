"""What can be done in sampling; one function per act."""

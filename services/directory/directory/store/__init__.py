"""Every SQL statement of the directory, and the encryption of what may not lie in clear."""

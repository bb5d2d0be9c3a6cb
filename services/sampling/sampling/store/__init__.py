"""Every SQL statement of sampling."""

"""HTTP request and response shapes of sampling."""

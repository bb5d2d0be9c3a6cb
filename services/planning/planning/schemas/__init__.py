"""HTTP request and response shapes of planning."""

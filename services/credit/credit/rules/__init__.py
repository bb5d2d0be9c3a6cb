"""The trade's rules of publicity: pure, without clock, session or network."""

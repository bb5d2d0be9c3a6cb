"""The trade's rules of planning: pure, no session, clock, network or framework."""

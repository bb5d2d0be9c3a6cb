"""The trade's rules of disposal (domain.md 2.1, 2.8, 3): pure functions over plain facts."""

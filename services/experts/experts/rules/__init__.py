"""The trade's rules, pure: `pool` (who is in a pool), `panel` (drawing and recusal)."""

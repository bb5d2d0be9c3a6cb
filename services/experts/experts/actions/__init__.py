"""What can be done: `pool` (experts enter, move and leave), `panels` (draws, recusal, opinions)."""

"""What can be done: `follow` what the laboratory's reports say, `handle` a leg, `oversee` it from above."""

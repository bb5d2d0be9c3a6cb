"""Demonstration province: data files, the generator of enterprises and experts, and the batches that are played."""

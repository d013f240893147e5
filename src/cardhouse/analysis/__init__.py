"""Pure functions from results to answers."""

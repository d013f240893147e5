"""Ensembles: many paths of one scenario, drawn, run, reduced as they come, and kept."""

"""Figures, tables and documents made from stored results."""

"""The words: firms, contracts, claims, scenarios and the axes of arrays."""

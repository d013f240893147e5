"""Named experiments: runs, comparisons, ensembles and their manifests."""

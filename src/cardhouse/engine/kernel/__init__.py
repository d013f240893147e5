"""The compiled engine: the laws of a quarter for blocks of paths that lie side by side.

The numpy engine beside it is what a reader reads and what tests compare with.
"""

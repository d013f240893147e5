"""Live connectors: public services asked politely, what they say proposed as facts."""

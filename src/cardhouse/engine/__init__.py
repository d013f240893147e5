"""The arithmetic of a period: bill, pay, raise funds, settle, default."""

"""What is checked of an extension: small functions that yield findings, listed in one table."""

"""The registry that Kamiwaza reads, as values."""

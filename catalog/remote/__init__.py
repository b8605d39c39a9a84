"""Services elsewhere that the catalog talks to."""

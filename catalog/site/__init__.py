"""The website: a registry with what is known about its entries in, files out."""

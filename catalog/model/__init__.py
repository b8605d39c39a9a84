"""The words of the product as values: names, versions, images, documents, extensions, findings."""

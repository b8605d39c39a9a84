"""What `new` and `init` create: trees of files as values, made from the templates in this room."""

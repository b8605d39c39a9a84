"""The disk side of a workspace: where it is, what is in it, and how trees are written."""

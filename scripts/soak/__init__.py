"""Long forms of the tests that a short run only samples: `python -m scripts.soak`."""

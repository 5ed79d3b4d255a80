"""All tests; the Python ones are run from the repository's root."""

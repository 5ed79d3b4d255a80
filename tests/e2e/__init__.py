"""The real binary against a fake log: `make e2e`."""

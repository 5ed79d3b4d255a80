"""Measurements, by hand."""

"""Wiring: settings, addresses, what all pages share, and what is for whoever runs the survey."""

__version__ = "0.1.0"

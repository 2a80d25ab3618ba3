"""Attacks on the promise of anonymity, each with the figures that it reached (SECURITY.md)."""

"""What other programs may read: with a token, what its person's pages show (docs/api.md)."""

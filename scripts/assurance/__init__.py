"""What `scripts/assure` runs beyond the tools themselves. Not part of the distribution."""

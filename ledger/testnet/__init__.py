"""A test network on this machine: a chain, an IPFS node, and what scripts do with them."""

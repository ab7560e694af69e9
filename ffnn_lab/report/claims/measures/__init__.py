"""Functions that measure the effects of claims; their code is part of the claims' hashes."""

"""The shipped fakes: deterministic, in memory, held to the same contract as the real adapters."""

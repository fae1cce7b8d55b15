"""The SQL of select: captions, policy, rules, leaks, duplicates, quotas, split, weights."""

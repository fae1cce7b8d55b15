"""Scripts that learn the small networks the extractors ship; run by hand, needed by no corpus."""

"""What the questions of a corpus give away: the blind baseline, and whether answers are even."""

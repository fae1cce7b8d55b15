"""What a trained model can do on test rows: per-row values, never only their mean."""

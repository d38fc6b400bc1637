"""Whether data or questions have moved since the last training."""

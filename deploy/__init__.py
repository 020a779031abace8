"""What a deployment needs besides SAM."""

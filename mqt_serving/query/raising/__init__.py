"""From commands to plans: stages executed symbolically."""

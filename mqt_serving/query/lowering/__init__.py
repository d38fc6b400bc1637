"""From plans to commands: joins derived from the schema."""

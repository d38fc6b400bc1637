"""Plans and commands against the schema: names, types, literals, and notes on what surprises."""

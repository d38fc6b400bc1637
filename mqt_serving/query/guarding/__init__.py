"""What may run: policies, views of collections, size, patterns and cost."""

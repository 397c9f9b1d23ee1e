"""What kinds are made of: fetching, reading, tables, words and language models."""

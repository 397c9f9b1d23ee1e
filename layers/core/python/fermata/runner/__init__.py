"""What a worker does with a message: claim a chunk, run its units, commit, let go."""

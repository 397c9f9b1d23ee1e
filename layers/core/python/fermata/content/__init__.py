"""What a workspace keeps: sources, their index, imported records, and the search over them."""

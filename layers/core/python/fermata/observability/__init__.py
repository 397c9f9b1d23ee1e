"""What the functions tell of themselves: log lines, metrics, and the hook on ports that gathers them."""

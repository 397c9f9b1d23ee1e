"""What goes wrong with the local stack, in words for the person at the terminal."""


class StackError(Exception):
    """The stack cannot be started, deployed or stopped; the message says what to do about it."""

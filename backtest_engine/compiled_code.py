"""Code that this project's own compiler wrote: whoever reads it need not be protected from it."""


class CompiledCode(str):
    """The text of a module that the compiler wrote, or that is equal to one; whatever is made of it is plain text."""

    __slots__ = ()

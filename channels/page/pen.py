"""The lines of a page that is being written: what each begins with, and where its links and lists stand."""

from collections.abc import Callable

MARK = "\ue000"
"""Stands where the place begins that an address names, until it is found and taken out again."""
_DEEPEST = 20
"""Lists and quotes in each other that are told apart; a page may hold any number, and each line begins with all."""


class Pen:
    """The lines written so far and the one being written, in pieces.

    indents: what each line begins with. lists: the next number of each open list, None for one with dots. `silent` are
    signs that make no line by themselves, such as those of an empty heading.
    """

    def __init__(self, silent: str = "") -> None:
        self.indents: list[str] = []
        self.lists: list[int | None] = []
        self._silent = silent
        self._lines: list[str] = []
        self._line: list[str] = []
        self._bullet = ""
        self._links: list[tuple[str, int, int]] = []
        self._marks = ""

    @property
    def has_words(self) -> bool:
        """Whether the line being written has any."""
        return any(not piece.isspace() for piece in self._line)

    def lines(self) -> list[str]:
        """All lines."""
        self.end_line()
        return self._lines

    def words(self, text: str) -> None:
        """Words whose blanks are single already; a line begins with none."""
        is_begin = not self._line or self._line[-1].endswith(" ")
        self.piece(text.lstrip(" ") if is_begin else text)

    def piece(self, text: str) -> None:
        """Write as it stands."""
        if text:
            self._line.append(text)

    def mark(self) -> None:
        """Here begins the place that is looked for."""
        self._marks = MARK

    def end_line(self) -> None:
        """End the line, where it has words."""
        text = "".join(self._line).strip(" \n")
        self._line = []
        if text.strip().strip(self._silent):
            self._put(text)

    def _put(self, text: str) -> None:
        indent = "".join(self.indents[:_DEEPEST])
        if self._bullet:
            indent = f"{''.join(self.indents[:-1][:_DEEPEST])}{self._bullet}"
            self._bullet = ""
        self._lines.append(f"{indent}{self._marks}{text}")
        self._marks = ""

    def free_line(self) -> None:
        """End the line, or leave one free where it has no words, as `<br>` does."""
        if not self.has_words and self._lines and not self._bullet:
            self._line = []
            self._leave_free()
        self.end_line()

    def apart(self) -> None:
        """End the line and leave one free."""
        self.end_line()
        if self._lines and self._lines[-1].strip("> ") and not self._bullet:
            self._leave_free()

    def end_quote(self) -> None:
        """Leave a line free behind what was quoted."""
        while self._lines and not self._lines[-1].strip("> "):
            self._lines.pop()
        self._leave_free()

    def _leave_free(self) -> None:
        self._lines.append("".join(each for each in self.indents[:_DEEPEST] if each == "> ").rstrip())

    def block(self, *lines: str) -> None:
        """Lines of their own, as they stand."""
        self.apart()
        for line in lines:
            self._put(line)
        self.apart()

    def begin_item(self) -> None:
        """The next line is that of an item of the innermost list."""
        number = self.lists[-1] if self.lists else None
        self._bullet = "- " if number is None else f"{number}. "
        if number is not None:
            self.lists[-1] = number + 1
        self.indents.append(" " * len(self._bullet))

    def begin_link(self, target: str) -> None:
        """A link begins."""
        self._links.append((target, len(self._lines), len(self._line)))

    def end_link(self, shown: Callable[[str, str], str | None]) -> None:
        """A link ends. `shown` makes its words and address what stands there, None for the words alone.

        The address stands behind the last line where there are several.
        """
        target, line, at = self._links.pop() if self._links else ("", 0, 0)
        if line != len(self._lines):
            if target:
                self.end_line()
                self._put(f"({target})")
            return
        inner = "".join(self._line[at:])
        if (text := shown(inner.strip(), target)) is not None:
            before, after = (" " if inner[:1] == " " else ""), (" " if inner[-1:] == " " else "")
            self._line[at:] = [f"{before}{text}{after}" if text else ""]

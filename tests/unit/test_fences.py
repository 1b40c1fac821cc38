"""Blocks of code inside of lists, for dialects that know none there."""

import pytest

from channels.markdown.words import flush


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("1. a\n    ```sh\n    x\n      y\n    ```\n2. b", "1. a\n```sh\nx\n  y\n```\n2. b"),
        ("- a\n\t~~~\n\tx\n~~~\n- b", "- a\n~~~\nx\n~~~\n- b"),
        ("  ```\n x\n\n  ```", "```\nx\n\n```"),
        ("    ```\n    left open", "```\nleft open"),
        ("````\n    ```\n    x\n````\n    words", "````\n    ```\n    x\n````\n    words"),
        ("    no fence", "    no fence"),
        ("a ``` b", "a ``` b"),
    ],
)
def test_a_block_of_code_moves_to_the_margin_and_keeps_its_own_indents(given: str, shown: str) -> None:
    assert flush(given) == shown

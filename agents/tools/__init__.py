"""What a tool is, and commands that go on in the background."""

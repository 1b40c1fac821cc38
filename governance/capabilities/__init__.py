"""What agents are given beyond their own tools: proposed, weighed, approved, pinned, and taken away again."""

"""The lowest floor: the vocabulary of messages and one adapter per platform. Imports nothing of ours."""

"""What a conversation holds, fit to be sent to a model again."""

"""Models: the protocol, who offers them, which one answers, and what they are sent."""

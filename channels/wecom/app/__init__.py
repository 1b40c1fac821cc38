"""A self-built app (自建应用) of WeCom: heard by encrypted callbacks, speaking over REST, to one person at a time."""

"""The durable queues, inbox and outbox, and the live streams: all of them in PostgreSQL."""

"""The command `nexora` and the one place where everything is built, started and stopped."""

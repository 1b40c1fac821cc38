"""The record and the transaction: state, audit lines and outgoing messages commit together or not at all."""

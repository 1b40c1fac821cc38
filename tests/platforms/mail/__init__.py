"""A real Dovecot and a real Postfix on loopback ports, with temporary folders: what the e-mail channel is tried on."""

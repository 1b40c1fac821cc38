"""What runs in a child between the gateway and a command: it limits itself for good, then becomes the command.

Only the standard library, and little of it: this is started anew for every command. It decides nothing.
"""

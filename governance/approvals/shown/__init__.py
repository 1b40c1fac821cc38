"""What people see of a request: its cards, their copies, the scripts and files beside it, and what is masked."""

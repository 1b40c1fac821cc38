"""What people told, agents learnt and conversations decided, each read only by whoever it belongs to."""

"""What people see and press; the supervisor of the processes."""

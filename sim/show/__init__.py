"""What people see: page one, plots."""

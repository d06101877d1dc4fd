"""What people and pagers answer, through whatever door."""

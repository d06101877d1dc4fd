"""Coming over from another tool: what its API says, written as a configuration directory."""

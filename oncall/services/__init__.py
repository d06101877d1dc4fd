"""Use cases: one async function per verb."""

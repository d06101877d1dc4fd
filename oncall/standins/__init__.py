"""Local servers that speak the wire of Twilio and Slack: for your own tests, and for trying out without an account.

Point the engine at one with `ONCALL_TWILIO_API_BASE` or `ONCALL_SLACK_API_BASE`. Each checks every request by rules of
its own, carries it out, and can be told to misbehave. Used as an async context manager, it raises at the end if the
engine broke a rule, even where the engine swallowed the error it was answered with.
"""

"""How sound a rotation is: a score from 100 down, every lost point with hours, names, dates and its fix."""

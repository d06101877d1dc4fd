"""Who is on call at any instant, from calendars. IO only in `schedules.sources`."""

"""Whose alert it is and who is asked in what order. Pure; imports nothing of ours."""

"""Rotations as SVG: pure functions from segments and numbers to text.

Positions are percentages, so that a drawing fills any width and its text keeps its size. Colours are classes that
the style sheet fills, in light and dark.
"""

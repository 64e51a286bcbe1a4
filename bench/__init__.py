"""Measurements of speed, each against the bare work on the same database in the same run; they judge nothing."""

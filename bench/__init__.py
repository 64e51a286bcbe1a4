"""Measurements of the product's speed, each against the bare work on the same database in the same run; judges nothing."""

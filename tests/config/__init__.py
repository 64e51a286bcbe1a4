"""Tests of the floor `config`."""

"""Tests of calls. Generated ones are judged by what they find and not by time: the first text that hypothesis makes
on a fresh machine takes it a second, and the machine has other work."""

from hypothesis import HealthCheck, settings

settings.register_profile("calls", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calls")

# The image of web, worker, beat and migrate. No tools, no embedded servers, no secrets; runs as an ordinary user.
FROM python:3.12-slim AS packages
COPY requirements.lock /tmp/requirements.lock
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --no-compile --require-hashes --only-binary :all: -r /tmp/requirements.lock

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin ringback
COPY --from=packages /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 ENVIRONMENT=production
WORKDIR /srv/ringback
# Named one by one: whatever else lies in the folder, secrets of `make run` among it, stays outside.
COPY manage.py pyproject.toml ./
COPY config config
COPY tenants tenants
COPY calls calls
COPY attribution attribution
COPY retention retention
COPY templates templates
COPY static static
COPY deploy/healthcheck.py deploy/healthcheck.py
# Settings want to be complete even for this; the values reach nothing and are not kept.
RUN python -m compileall -q /opt/venv . \
    && SECRET_KEY=unused KEY_ENCRYPTION_KEY=unused PUBLIC_URL=https://localhost REDIS_URL=redis://localhost \
       DATABASE_URL=postgresql://localhost/unused KEYSTORE_DATABASE_URL=postgresql://localhost/unused \
       python manage.py collectstatic --no-input --verbosity 0
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["python", "deploy/healthcheck.py"]
# No access log: a webhook's address holds its token.
CMD ["granian", "--interface=wsgi", "--host=0.0.0.0", "--port=8000", "--workers=2", "--blocking-threads=4", \
     "--backlog=1024", "--respawn-failed-workers", "--workers-kill-timeout=30", "--no-access-log", \
     "config.wsgi:application"]

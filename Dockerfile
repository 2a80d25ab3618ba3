# syntax=docker/dockerfile:1
# One image for the web server, the worker and the schedule; compose.yaml says what runs where.
# Before a release, pin the base image by its digest: python:3.11-slim-bookworm@sha256:…

FROM python:3.11-slim-bookworm AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY requirements.lock /
RUN /venv/bin/pip install --no-deps --only-binary :all: --require-hashes -r /requirements.lock

FROM python:3.11-slim-bookworm
# Pango and HarfBuzz draw PDF reports, Noto has the letters that Inter lacks, and pg_dump makes backups.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        fonts-noto-core libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin survey \
    && install --directory --owner survey --mode 0700 /data
COPY --from=packages /venv /venv
WORKDIR /survey
COPY . .
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 DATA_DIR=/data STATIC_ROOT=/static \
    MPLCONFIGDIR=/tmp/matplotlib XDG_CACHE_HOME=/tmp/cache
# Compiled here, because the file system is read-only where it runs
RUN python -m compileall -q /survey /venv \
    && DATA_DIR=/tmp/build SECRET_KEY=only-for-this-step python manage.py collectstatic --no-input --verbosity 0 \
    && rm -rf /tmp/*
ENV PYTHONDONTWRITEBYTECODE=1
USER survey
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "accelerate_survey.wsgi", "--bind", "0.0.0.0:8000"]
# Of the web server; what else compose.yaml runs is looked at by its own checks.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-c", "from urllib.request import Request, urlopen; urlopen(Request('http://127.0.0.1:8000/health/alive/', headers={'X-Forwarded-Proto': 'https'}), timeout=4)"]

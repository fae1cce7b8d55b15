# The CPU worker: Beam's SDK harness with Fabrica in it, for any portable runner.
#   docker build -f docker/worker.Dockerfile -t fabrica-worker .
FROM apache/beam_python3.11_sdk:2.77.0
# Panels are cut out of JPEG without loss where this library is.
RUN apt-get update && apt-get install -y --no-install-recommends libturbojpeg0 \
    && rm -rf /var/lib/apt/lists/*
COPY pyproject.toml README.md LICENSE /fabrica/
COPY schemas /fabrica/schemas
COPY extractors /fabrica/extractors
COPY filters /fabrica/filters
COPY pipelines /fabrica/pipelines
RUN pip install --no-cache-dir '/fabrica[cloud]' && rm -rf /fabrica

# The CPU worker: Beam's SDK harness with Fabrica in it, for any portable runner.
#   docker build -f docker/worker.Dockerfile -t fabrica-worker .
FROM apache/beam_python3.11_sdk:2.77.0
# Panels are cut out of JPEG without loss where this library is.
RUN apt-get update && apt-get install -y --no-install-recommends libturbojpeg0 \
    && rm -rf /var/lib/apt/lists/*
COPY pyproject.toml README.md LICENSE /source/
COPY schemas /source/schemas
COPY extractors /source/extractors
COPY filters /source/filters
COPY llm_rewrite /source/llm_rewrite
COPY pipelines /source/pipelines
RUN pip install --no-cache-dir '/source[cloud]' && rm -rf /source
# Recipes name their knowledge and prompt files from where they are run.
COPY recipes /fabrica/recipes
WORKDIR /fabrica

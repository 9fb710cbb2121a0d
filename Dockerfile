# The page in a container; docs/hosting.md has the commands.
#   cpu   PyTorch without CUDA: x86-64 and ARM
#   cuda  runs on the processor, too, where the container is given no card

FROM python:3.12-slim-bookworm AS base
ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore \
    NEURAL_ART_HOST=0.0.0.0 \
    NEURAL_ART_PORT=7860 \
    NEURAL_ART_RUNS=/data/runs \
    GRADIO_TEMP_DIR=/data/uploads
# 1000 is who a Space runs as. Uploads lie beside the runs: what moves from one to the other is not copied.
RUN useradd --create-home --uid 1000 neural_art \
    && install --directory --owner=1000 --group=1000 /app /data /data/runs /data/uploads
WORKDIR /app
COPY requirements.txt constraints.txt ./
VOLUME /data
EXPOSE 7860
# As Ctrl-C: a process with number 1 does not end at SIGTERM.
STOPSIGNAL SIGINT
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD \
    ["python", "-c", "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ[\"NEURAL_ART_PORT\"]}/theme.css', timeout=5)"]
CMD ["python", "app.py"]

FROM base AS cuda
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
RUN pip install -r requirements.txt -c constraints.txt
COPY --chown=1000:1000 . .
USER 1000

FROM base AS cpu
RUN pip install -r requirements.txt -c constraints.txt --extra-index-url https://download.pytorch.org/whl/cpu
COPY --chown=1000:1000 . .
USER 1000

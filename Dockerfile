# A server in a container. As it stands it shows the demo and lets nobody change anything, which is also what a Hugging Face Space
# of the kind Docker takes: port 7860, user 1000. docs/how_to/server.md says how to serve a lab's own recordings.
FROM python:3.12-slim

RUN useradd --create-home --uid 1000 user
USER user
ENV HOME=/home/user \
    PATH=/home/user/.local/bin:$PATH \
    CALSCOPE_STORE=/home/user/store \
    NUMBA_CACHE_DIR=/home/user/compiled
WORKDIR /home/user/calscope
COPY --chown=user . .
RUN pip install --user --no-cache-dir -r requirements.txt

EXPOSE 7860
HEALTHCHECK --start-period=10m CMD python -c "import urllib.request as ask; ask.urlopen('http://localhost:7860/_stcore/health')"
CMD ["calscope", "app", "--demo", "--read-only", "--no-token", "--no-browser", "--address", "0.0.0.0", "--port", "7860"]
